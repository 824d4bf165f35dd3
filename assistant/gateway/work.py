"""Kinds of work, in the order in which they go before one another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """The value is vLLM's request priority: lower goes first."""

    INLINE = 0
    """A completion that somebody is typing towards."""
    CHAT = 1
    """An answer that somebody reads as it comes."""
    MEDIA = 2
    """Images and speech."""
    BATCH = 3
    """Nobody watches: evaluation, fine-tuning data."""

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def named(cls, word: str) -> Kind | None:
        return cls.__members__.get(word.upper())


@dataclass(frozen=True, slots=True)
class Work:
    """One request. ``document`` names what an inline completion is for, so that a newer one
    for the same takes its place; empty where that is not known. ``engine`` is the name of the one
    that does it; ``held``: it lets inline completion of its own go first by itself."""

    kind: Kind
    document: str = ""
    engine: str = ""
    held: bool = False
