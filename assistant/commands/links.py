"""Places of the code in Markdown, and texts that Markdown leaves as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote


def link(path: str, line: int) -> str:
    """Markdown for one place; ``line`` is 0-based."""
    return f"[{path}:{line + 1}]({quote(path)}#L{line + 1})"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is known of the code: a place (``line`` is 0-based), and what is there."""

    path: str
    line: int
    what: str
    text: str = ""

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line + 1}"

    @property
    def markdown(self) -> str:
        shown = f": {code(self.text)}" if self.text else ""
        return f"{link(self.path, self.line)} {self.what}{shown}"


def code(text: str) -> str:
    """One line as Markdown's inline code, whatever it holds."""
    text = " ".join(text.split())
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def fenced(text: str, language: str = "") -> str:
    """A block that nothing in ``text`` can close."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"
