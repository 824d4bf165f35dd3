"""Unsaved buffers, read once a version: they win over what the index has from the disk."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property

from assistant.context.chunks import chunk
from assistant.context.terms import terms
from assistant.syntax import Outline, by_name, of_document, outline

_KEPT = 64
_LARGEST = 400_000


@dataclass(slots=True)
class Piece:
    """Lines of a buffer and their terms."""

    start_line: int
    end_line: int
    terms: frozenset[str]


@dataclass
class Buffer:
    """The text of one file as an editor has it, and what is in it."""

    path: str
    text: str
    language: str
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.text.split("\n")

    @cached_property
    def outline(self) -> Outline:
        # A monster would hold up the completion that asks.
        if not self.language or len(self.text) > _LARGEST:
            return Outline()
        return outline(self.text, by_name(self.language))

    @cached_property
    def pieces(self) -> list[Piece]:
        if len(self.text) > _LARGEST:
            return []
        starts = {d.start_line for d in self.outline.definitions}
        return [
            Piece(start, end, frozenset(terms("\n".join(self.lines[start:end]))))
            for start, end in chunk(self.lines, starts)
        ]


class Buffers:
    """The latest buffers, the same text read only once. Safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Buffer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: str, text: str, language: str = "") -> Buffer:
        """The buffer of ``path`` (relative to the root) with exactly that ``text``."""
        key = (path, text)
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                found = Buffer(path, text, known_language(path, text, language))
                self._kept[key] = found
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(key)
            return found


def known_language(path: str, text: str, given: str = "") -> str:
    """The project's own name for the language of a document; empty when it has none."""
    found = of_document(path, text, given)
    return found.name if found else ""
