"""A small module to be edited, and what tests read off an answer."""

from __future__ import annotations

import subprocess
from pathlib import Path

from assistant.commands.edits import applied
from assistant.commands.protocol import Answer

SHOP = '''\
"""A shop."""


class Cart:
    def __init__(self):
        self.items = []

    def total(self, rate):
        """With tax."""
        result = 0
        for item in self.items:
            result = result + item
        return result * (1 + rate)


def label(name):
    # TODO: strip the name first
    return name.upper()
'''


def at(text: str, before: str) -> str:
    return text.replace(before, f"|{before}", 1)


def after(text: str, answer: Answer, path: Path | None = None) -> str:
    return applied(text, [e for e in answer.edits if path is None or e.path == path])


def passed(answer: Answer) -> dict[str, bool | None]:
    return {check.name: check.passed for check in answer.checks}


def diff_of(answer: Answer) -> str:
    assert answer.markdown.startswith("```diff\n")
    return answer.markdown.removeprefix("```diff\n").rsplit("```", 1)[0]


def git_applies(root: Path, diff: str) -> None:
    subprocess.run(
        ["git", "apply", "--unsafe-paths", f"--directory={root}", "-"],
        input=diff,
        text=True,
        check=True,
        cwd="/",
    )
