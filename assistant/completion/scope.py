"""How much to write: one line, the rest of a block, or a whole function or class."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    LINE = "line"
    BLOCK = "block"
    DEFINITION = "definition"


@dataclass(frozen=True, slots=True)
class Plan:
    """What one completion may write.

    ``max_tokens`` bounds the answer. ``indent`` is the width, in columns with tabs expanded
    to ``tab_width``, of the line that owns the scope: a later line of the answer indented
    less (or as much, where the language's blocks are deeper than their owner) ends it.
    ``why`` is one phrase for people and tests.
    """

    scope: Scope
    max_tokens: int
    indent: int
    why: str
