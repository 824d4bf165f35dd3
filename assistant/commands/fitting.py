"""Text that is cut to what a model's window has room for."""

from __future__ import annotations

from collections.abc import Callable

from assistant.errors import UsageError


def shortened(text: str, room: int, count: Callable[[str], int]) -> str:
    """``text`` where it fits into ``room`` tokens of ``count``, otherwise its first whole lines.
    Where not even one line fits, a piece of the first, which may be empty.

    Raises UsageError where there is no room at all.
    """
    if room <= 0:
        raise UsageError(
            "what is asked is longer than the model's window: shorten it, or set"
            " engine.max_model_len higher"
        )
    if count(text) <= room:
        return text
    lines = text.split("\n")
    keep = len(lines)
    while keep > 1:
        keep = keep * 3 // 4
        shorter = "\n".join(lines[:keep])
        if count(shorter) <= room:
            return shorter
    piece = lines[0]
    while piece and count(piece) > room:
        piece = piece[: len(piece) * 3 // 4]
    return piece
