"""Cutting a file into the pieces that are searched and shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence

LEAST = 8
MOST = 24
"""Lines of a piece, unless the file ends before."""


def chunk(lines: Sequence[str], starts: Collection[int] = ()) -> list[tuple[int, int]]:
    """Cut into (first line, line after the last), 0-based; together they cover every line
    that is not blank.

    ``starts`` are lines where a definition begins. A piece ends before one of them, else
    before a blank line, else when it is full: code that belongs together stays together.
    """
    marks = set(starts)
    pieces: list[tuple[int, int]] = []
    at, total = 0, len(lines)
    while at < total:
        if not lines[at].strip():
            at += 1
            continue
        end = min(at + MOST, total)
        if end < total:
            inside = range(end, at + LEAST - 1, -1)
            end = next(
                (i for i in inside if i in marks),
                next((i for i in inside if not lines[i].strip()), end),
            )
        last = end
        while last > at and not lines[last - 1].strip():
            last -= 1
        pieces.append((at, last))
        at = end
    return pieces
