"""Completions for clients that can only insert."""

from __future__ import annotations

from assistant.types import Completion

_CLOSES = {")": "(", "]": "[", "}": "{"}


def insertion(done: Completion, text: str) -> str:
    """Of an answer that replaces what stands behind the cursor of ``text`` (closing brackets and
    quotes, which it brings itself), as much as comes before it."""
    standing = text[done.start : done.end].strip()
    if not standing or not done.text:
        return done.text
    first, depth = standing[0], 0
    for at, char in enumerate(done.text):
        if char == first and depth == 0:
            return done.text[:at]
        if first in _CLOSES:
            depth += (char == _CLOSES[first]) - (char == first)
    return done.text
