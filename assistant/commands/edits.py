"""Edits: applied to a text, found between two texts, shown as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from assistant.commands.protocol import FileEdit


def applied(text: str, edits: Sequence[FileEdit]) -> str:
    """``text`` with ``edits``, of which none overlap, each by its place in the text as it was."""
    for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def edits_between(path: Path, before: str, after: str) -> list[FileEdit]:
    """What makes ``after`` of ``before``, by whole lines."""
    old, new = _lines(before), _lines(after)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [
        FileEdit(path, starts[first], starts[last], "".join(new[start:end]))
        for kind, first, last, start, end in steps
        if kind != "equal"
    ]


def unified_diff(path: str, before: str, after: str, *, new: bool = False) -> str:
    """A diff that ``git apply`` and ``patch -p1`` take; empty where nothing differs. ``path`` is
    relative to the workspace folder, ``new`` says that there was no file."""
    old = "/dev/null" if new else f"a/{path}"
    found = difflib.unified_diff(_lines(before), _lines(after), old, f"b/{path}")
    # difflib knows nothing of files that end without a line end.
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in found
    )


def _lines(text: str) -> list[str]:
    """With their ends; only a line feed ends one, as for diff."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [lines[-1]] * bool(lines[-1])
