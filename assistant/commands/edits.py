"""Edits, applied to a text."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.commands.protocol import FileEdit


def applied(text: str, edits: Sequence[FileEdit]) -> str:
    """``text`` with ``edits``, of which none overlap, each by its place in the text as it was."""
    for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
