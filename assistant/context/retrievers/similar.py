"""Code elsewhere that uses the same words as the lines around the cursor (BM25).

SQLite ranks the pieces; what is shown is then scored by the share of the query's weight
that a piece covers, 0 to 1, because BM25's own figure depends on the repository's size and
cannot be held against a threshold.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterable, Iterator
from functools import lru_cache

from assistant.context.query import Query
from assistant.context.terms import terms
from assistant.syntax import by_name
from assistant.types import Snippet, SnippetKind

_ABOVE, _BELOW = 12, 4
# What bounds the time: entries of the full-text index that one search may read.
_MOST_ENTRIES = 1200
_MOST_TERMS = 12
_CANDIDATES = 16
_SHOWN, _SHOWN_A_FILE = 6, 2
_FLOOR = 0.15
_MOST_CHARACTERS = 3000
_HEADER = re.compile(r"\s*(?:import|from|package|namespace|using|use|#\s*include|require)\b")


class Similar:
    name = "similar"

    def retrieve(self, query: Query) -> Iterable[Snippet]:
        words = query_terms(query)
        if len(words) < 3:
            return []
        total, weights, asked = _weigh(query, words)
        if not asked:
            return []
        match = " OR ".join(f'"{word}"' for word in asked)
        found = query.db.execute(
            "SELECT rowid FROM search WHERE search MATCH ? ORDER BY bm25(search) LIMIT ?",
            (match, _CANDIDATES),
        ).fetchall()
        return list(self._shown(query, [row[0] for row in found], weights, total))

    def _shown(
        self, query: Query, pieces: list[int], weights: dict[str, float], total: float
    ) -> Iterator[Snippet]:
        marks = ",".join("?" * len(pieces))
        rows = query.db.execute(
            "SELECT f.path, f.language, p.start_line, p.end_line, s.terms FROM pieces p"  # noqa: S608
            " JOIN files f ON f.id = p.file JOIN search s ON s.rowid = p.id"
            f" WHERE p.id IN ({marks})",
            pieces,
        ).fetchall()
        scored = []
        for path, language, start, end, held in rows:
            if path == query.path or path in query.buffers or not _akin(language, query.language):
                continue
            shared = [word for word in held.split(" ") if word in weights]
            score = sum(weights[word] for word in shared) / total
            if score >= max(_FLOOR, query.settings.similarity_threshold):
                scored.append((-round(score, 4), path, start, end, shared))
        taken: dict[str, int] = {}
        for negative, path, start, end, shared in sorted(scored):
            if len(taken) >= _SHOWN or taken.get(path, 0) >= _SHOWN_A_FILE:
                continue
            text = "\n".join(line.rstrip() for line in query.lines(path)[start:end])
            if text.strip() and len(text) <= _MOST_CHARACTERS:
                taken[path] = taken.get(path, 0) + 1
                rarest = sorted(shared, key=lambda word: (-weights[word], word))[:3]
                why = f"similar code: {', '.join(rarest)}"
                yield Snippet(path, start, end, text, SnippetKind.SIMILAR, -negative, why)


def query_terms(query: Query) -> list[str]:
    """The terms of the complete lines around the cursor, the nearest first."""
    above = [line for line in query.above if _telling(line)][-_ABOVE:]
    below = [line for line in query.below if _telling(line)][:_BELOW]
    return terms("\n".join([*reversed(above), *below]))


def _telling(line: str) -> bool:
    """Whether a line says what the code is about: imports are the same everywhere."""
    return bool(line.strip()) and not _HEADER.match(line)


def _weigh(query: Query, words: list[str]) -> tuple[float, dict[str, float], list[str]]:
    """The query's weight, each term's, and the rarest terms that may be searched for."""
    common, known = query.repository.terms_known(query.db)
    pieces = query.db.execute("SELECT max(id) FROM pieces").fetchone()[0] or 1
    words = [word for word in words if word not in common]
    for word in words:
        if word not in known:
            known[word] = _count(query.db, word)
    counts = {word: known[word] for word in words}
    held = {word: count for word, count in counts.items() if count}
    weights = {word: math.log(1 + pieces / count) for word, count in held.items()}
    asked: list[str] = []
    entries = 0
    for word in sorted(held, key=lambda word: (held[word], word)):
        entries += held[word]
        if len(asked) == _MOST_TERMS or (asked and entries > _MOST_ENTRIES):
            break
        asked.append(word)
    # What no piece holds counts too, as much as the rest does on average: otherwise a query
    # of new words would be like anything that shares the few others.
    total = sum(weights.values()) * len(words) / max(len(weights), 1)
    return total or 1.0, weights, asked


def _count(db: sqlite3.Connection, term: str) -> int:
    row = db.execute("SELECT doc FROM vocabulary WHERE term = ?", (term,)).fetchone()
    return row[0] if row else 0


@lru_cache(maxsize=1024)
def _akin(one: str, two: str) -> bool:
    """Whether code in one language may help in the other: those that import each other."""
    if one == two or not one or not two:
        return one == two
    return by_name(one).modules == by_name(two).modules


RETRIEVER = Similar()
