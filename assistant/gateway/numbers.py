"""JSON's numbers in request bodies, each with its bounds."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

MOST = (1 << 31) - 1
"""The largest that engines take for a count."""
MANY = 1000
"""Most elements of a list each of which is work here: a piece of a file, a stop text."""
MESSAGES = 4000
"""Most messages of a chat."""
_EXACT = (1 << 53) - 1
"""The largest integer that every JSON reader carries exactly."""


def _whole(value: object) -> object:
    """JSON knows one kind of number: 3.0 is an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _wholes(values: object) -> object:
    """The same for a list, without a call for each of thousands of tokens."""
    if isinstance(values, list) and any(isinstance(value, float) for value in values):
        return [_whole(value) for value in values]
    return values


_WHOLE = BeforeValidator(_whole)
# The bounds stand on the integer itself: outside the validator the document would lose them.
Integer = Annotated[int, Field(ge=-_EXACT, le=_EXACT), _WHOLE]
Natural = Annotated[int, Field(ge=0, le=_EXACT), _WHOLE]
NaturalOrNone = Annotated[int, Field(ge=-1, le=_EXACT), _WHOLE]
"""-1 is none, in llama.cpp's words."""
Count = Annotated[int, Field(ge=1, le=MOST), _WHOLE]
CountOrNone = Annotated[int, Field(ge=-1, le=MOST), _WHOLE]
Few = Annotated[int, Field(ge=1, le=4), _WHOLE]
"""llama.cpp's own limit for answers is how many slots it has: four unless it is told."""
Choices = Annotated[int, Field(ge=1, le=128), _WHOLE]
Tokens = Annotated[
    list[Annotated[int, Field(ge=0, le=MOST)]],
    Field(min_length=1, fail_fast=True),
    BeforeValidator(_wholes),
]
"""Token ids of one prompt. Like all lists here, its first fault is the only one that is told: an
error for each of a million elements takes a minute and a gigabyte."""
