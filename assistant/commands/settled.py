"""How much of an unfinished line of Markdown can be said: what cannot change, whatever follows.

A line that is checked in pieces gives the same text as one that is checked as a whole if a piece
ends before a space, outside of every link and piece of code, finished or begun, and after a word
that stays where it is when a link that follows is taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

GONE = "\0"
"""Stands for a link that was taken out."""
_MOST_CUTS = 8
_MOST_WORDS = 4
"""Of a place in prose: ``a.py, on line 40`` or ``line 40 of a.py``."""
_BEGUN = re.compile(
    r"\S*\.\w+`?,?\s+(?:(?:on|at)\s+)?(?:lines?\s+)?"
    r"|\S*\b[Ll]ines?\s+(?:\d+(?:[-–]\d+)?\s+(?:(?:of|in)\s+)?)?"  # noqa: RUF001
)
_OPEN = re.compile(r"(?i)(?:\s|[,(\[]|\b(?:see|in|at|from|on|defined))\Z")
_GLUE = {"see", "in", "at", "from", "on", "defined", "and"}
"""Words that go with a link."""


def cuts(held: str, token: re.Pattern[str]) -> Iterator[int]:
    """Where ``held``, which ends with a space, may be cut so that no ``token`` of the whole line
    lies across; the last places first."""
    spans = [found.span() for found in token.finditer(held)]
    end = min(_first_open(held, spans), _place_begun(held))
    starts = [space.start() for space in re.finditer(r"(?<=\S)\s", held[: end + 1])]
    for cut in islice(reversed(starts), _MOST_CUTS):
        if not any(start < cut < stop for start, stop in spans):
            yield cut


def open_to_the_right(text: str) -> bool:
    """Whether words at the end of ``text`` may go with a link that follows, or with one in it that
    was taken out."""
    _, gone, after = text.rpartition(GONE)
    if gone and all(word.lower() in _GLUE for word in re.findall(r"\w+", after)):
        return True
    return _OPEN.search(text[-10:]) is not None


def _first_open(held: str, spans: list[tuple[int, int]]) -> int:
    """Where the first link or piece of code stands that has not ended."""
    at = 0
    for start, stop in [*spans, (len(held), len(held))]:
        for mark in re.finditer(r"[\[`]", held[at:start]):
            where = at + mark.start()
            if mark[0] == "`" or _link_begun(held, where):
                return where
        run = re.match("`+", held[start:])
        # As many ticks as it began with may still come, and end it elsewhere.
        if run and run[0] not in held[start + run.end() + 1 :]:
            return start
        at = stop
    return len(held)


def _link_begun(held: str, start: int) -> bool:
    end = held.find("]", start)
    if end < 0 or end + 1 == len(held):
        return True
    return held[end + 1] == "(" and held.find(")", end) < 0


def _place_begun(held: str) -> int:
    """Where words stand that may become a place."""
    first = len(held.rstrip())
    starts = []
    for _ in range(_MOST_WORDS):
        words = held[:first].rsplit(None, 1)
        if not words:
            break
        first = len(held[:first].rstrip()) - len(words[-1])
        starts.append(first)
    begun = [start for start in starts if _BEGUN.fullmatch(held, start)]
    return min(begun, default=len(held))
