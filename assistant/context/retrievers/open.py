"""The editor's other open files: the piece most like the code at the cursor."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from assistant.context.overlay import Buffer
from assistant.context.query import Query
from assistant.context.retrievers.similar import query_terms
from assistant.syntax.symbols import CONTAINERS
from assistant.types import Snippet, SnippetKind

_FILES = 8
_FLOOR = 0.1
_OUTLINED = 2
_OUTLINE_LINES = 20
_MOST_CHARACTERS = 3000


class Open:
    name = "open"

    def retrieve(self, query: Query) -> Iterable[Snippet]:
        return list(self._find(query))

    def _find(self, query: Query) -> Iterator[Snippet]:
        words = frozenset(query_terms(query))
        threshold = max(_FLOOR, query.settings.similarity_threshold)
        for number, buffer in enumerate(list(query.buffers.values())[:_FILES]):
            found = _best(buffer, words, threshold)
            if found is None and number < _OUTLINED:
                found = _signatures(buffer)
            if found is not None:
                yield found


def _best(buffer: Buffer, words: frozenset[str], threshold: float) -> Snippet | None:
    best: tuple[float, int, int] | None = None
    for piece in buffer.pieces:
        if piece.terms:
            shared = len(words & piece.terms)
            score = shared / math.sqrt(max(len(words), 1) * len(piece.terms))
            if score >= threshold and (best is None or score > best[0]):
                best = (score, piece.start_line, piece.end_line)
    if best is None:
        return None
    score, start, end = best
    text = "\n".join(line.rstrip() for line in buffer.lines[start:end])
    if len(text) > _MOST_CHARACTERS:
        return None
    return Snippet(
        buffer.path, start, end, text, SnippetKind.OPEN, round(score, 4), "open, similar code"
    )


def _signatures(buffer: Buffer) -> Snippet | None:
    """What an open file offers: it is open because the user works with it."""
    shown = [
        d
        for d in buffer.outline.definitions
        if not d.parent and (d.kind in CONTAINERS or d.kind == "function")
    ]
    lines: list[str] = []
    for definition in shown:
        signature = definition.signature.split("\n")
        if len(lines) + len(signature) > _OUTLINE_LINES:
            break
        lines += signature
    if not lines:
        return None
    return Snippet(
        path=buffer.path,
        start_line=shown[0].start_line,
        end_line=max(d.end_line for d in shown),
        text="\n".join(lines),
        kind=SnippetKind.OPEN,
        score=0.05,
        why="open: what it defines",
    )


RETRIEVER = Open()
