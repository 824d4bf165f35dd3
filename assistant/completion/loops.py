"""Answers that run in circles."""

from __future__ import annotations

import re

from assistant.completion.lines import weight

_MAX_PERIOD = 8
_INLINE = re.compile(r"(.{3,80}?)\1{3,}.{0,80}$")
INLINE_STEP = 96
"""A growing line is looked at whenever its length is a multiple of this."""


def period(found: list[str]) -> int:
    """How many of the last lines are a repetition of those before them; 0 when none.

    ``found`` holds an answer's lines that are not blank, with their indentation. One or two
    lines must come three times, more lines twice; and they must say something.
    """
    for size in range(1, _MAX_PERIOD + 1):
        times = 3 if size <= 2 else 2
        if len(found) < size * times:
            break
        last = found[-size:]
        if sum(map(weight, last)) < 2:
            continue
        if all(found[-size * n : len(found) - size * (n - 1)] == last for n in range(2, times + 1)):
            return size * (times - 1)
    return 0


def inline(line: str) -> int:
    """Where a line that repeats one piece at least four times should end; -1 when it does not.

    The first time the piece is written stays.
    """
    if len(line) < 40:
        return -1
    match = _INLINE.search(line[-600:])
    if match is None or not any(c.isalpha() for c in match[1]) or len(match[0]) < 40:
        return -1
    return max(len(line) - 600, 0) + match.end(1)
