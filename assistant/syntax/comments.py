"""Long runs of comments, thinned out for a grammar that is slow to read them.

tree-sitter-python's scanner looks past all the comments that follow for the next indentation,
and does so again at each of them: 40,000 lines in a row take minutes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

MOST = 128
"""Comment lines in a row that are left as they are."""
ENDS = 16
"""Of a longer run, how many stay at its start and at its end: the block above may end with the
first ones, the last ones describe what follows."""

_OPENING = re.compile(
    rb"#[^\n]*|\"\"\"|'''|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?", re.DOTALL
)
_CLOSING = {quote: re.compile(rb"\\.|" + quote, re.DOTALL) for quote in (b'"""', b"'''")}


def thinned(data: bytes, most: int = MOST, ends: int = ENDS) -> bytes:
    """Python source with spaces in place of the comments in the middle of long runs.

    Every other byte stands where it stood. Takes time in proportion to ``data``.
    """
    if data.count(b"#") <= most:
        return data
    lines = data.split(b"\n")
    if next(_runs(lines, (), most), None) is None:
        return data
    for run in list(_runs(lines, _rows_in_strings(data), most)):
        for row in run[ends:-ends]:
            lines[row] = b" " * len(lines[row])
    return b"\n".join(lines)


def _runs(lines: Sequence[bytes], strings: Collection[int], most: int) -> Iterator[list[int]]:
    """The rows of each run of more than ``most`` comments with nothing but blank lines between."""
    run: list[int] = []
    for row, line in enumerate(lines):
        text = line.lstrip()
        if row not in strings and text.startswith(b"#"):
            run.append(row)
        elif text or row in strings:
            if len(run) > most:
                yield run
            run = []
    if len(run) > most:
        yield run


def _rows_in_strings(data: bytes) -> set[int]:
    """The rows that start within a string: what looks like a comment there is none."""
    rows: set[int] = set()
    row = at = counted = 0
    while found := _OPENING.search(data, at):
        start, at = found.span()
        if closing := _CLOSING.get(found[0]):
            ends = (m.end() for m in closing.finditer(data, at) if m[0] == found[0])
            at = next(ends, len(data))
        row += data.count(b"\n", counted, start)
        counted = start
        rows.update(range(row + 1, row + 1 + data.count(b"\n", start, at)))
    return rows
