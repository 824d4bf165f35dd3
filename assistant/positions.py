"""Offsets and LSP positions.

LSP 3.17 "Text Documents": lines end with ``\\n``, ``\\r\\n`` or ``\\r``; a character past the
end of a line means the line's end. A line past the end of the text means the text's end.
"""

from __future__ import annotations

import re

from assistant.types import Position, PositionEncoding

_LINE_END = re.compile(r"\r\n|\n|\r")


def line_bounds(text: str, line: int) -> tuple[int, int]:
    """Offsets of the first character of ``line`` and of the end of its text (no line end).

    A line behind the last gives ``(len(text), len(text))``.
    """
    start = 0
    ends = _LINE_END.finditer(text)
    for _ in range(line):
        found = next(ends, None)
        if found is None:
            return len(text), len(text)
        start = found.end()
    found = next(ends, None)
    return start, found.start() if found else len(text)


def offset_at(
    text: str, position: Position, encoding: PositionEncoding = PositionEncoding.UTF16
) -> int:
    """The offset that ``position`` names, clamped to the line and to the text."""
    start, end = line_bounds(text, max(position.line, 0))
    if encoding is PositionEncoding.UTF32:
        return min(start + max(position.character, 0), end)
    units = 0
    for offset in range(start, end):
        if units >= position.character:
            return offset
        units += _width(text[offset], encoding)
    return end


def position_at(
    text: str, offset: int, encoding: PositionEncoding = PositionEncoding.UTF16
) -> Position:
    """The position of ``offset`` (clamped to the text)."""
    offset = min(max(offset, 0), len(text))
    before = text[:offset]
    # "\r\n" is one line end; a "\r" that the offset splits from its "\n" still ends no line.
    if before.endswith("\r") and text.startswith("\n", offset):
        before = before[:-1]
    line = before.count("\n") + before.count("\r") - before.count("\r\n")
    start = max(before.rfind("\n"), before.rfind("\r")) + 1
    return Position(line, sum(_width(c, encoding) for c in before[start:]))


def _width(char: str, encoding: PositionEncoding) -> int:
    """Code units that one code point takes."""
    point = ord(char)
    if encoding is PositionEncoding.UTF16:
        return 2 if point > 0xFFFF else 1
    if encoding is PositionEncoding.UTF8:
        return 1 if point < 0x80 else 2 if point < 0x800 else 3 if point < 0x10000 else 4
    return 1
