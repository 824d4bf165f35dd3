"""Syntax trees of texts that change by a keystroke at a time.

Parsing 2,000 lines takes some 15 ms, parsing them again after a small edit about 1 ms. So the
last tree of each file is kept, and a candidate completion is parsed as an edit of the tree
that stands.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import tree_sitter

from assistant.syntax import Language

MAX_BYTES = 500_000
"""Larger texts are not parsed: the first parse would be felt as a pause."""

_KEPT = 64
_MAX_VISITED = 3000


@dataclass(frozen=True, slots=True)
class Parsed:
    """``source`` is UTF-8. ``errors`` counts error and missing nodes, up to a bound."""

    source: bytes
    tree: tree_sitter.Tree
    errors: int


class Trees:
    """The latest tree of each file. Safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Path, str], Parsed] = OrderedDict()
        self._parsers: dict[str, tree_sitter.Parser] = {}
        self._lock = threading.Lock()

    def parse(self, path: Path, source: bytes, language: Language) -> Parsed:
        """The tree of ``source``, using what is kept of the file's earlier text."""
        key = (path, language.name)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.source != source:
                kept = self._parse(source, language, kept)
            self._kept[key] = kept
            self._kept.move_to_end(key)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return kept

    def edited(
        self, before: Parsed, start: int, end: int, replacement: bytes, language: Language
    ) -> Parsed:
        """``before`` with its bytes ``start:end`` replaced; nothing is kept."""
        source = before.source[:start] + replacement + before.source[end:]
        with self._lock:
            return self._parse(source, language, before, (start, end, start + len(replacement)))

    def _parse(
        self,
        source: bytes,
        language: Language,
        before: Parsed | None,
        edit: tuple[int, int, int] | None = None,
    ) -> Parsed:
        parser = self._parsers.get(language.name)
        if parser is None:
            parser = self._parsers[language.name] = tree_sitter.Parser(language.grammar)
        old = None
        if before is not None:
            old = before.tree.copy()
            start, old_end, new_end = edit or _difference(before.source, source)
            old.edit(
                start,
                old_end,
                new_end,
                _point(before.source, start),
                _point(before.source, old_end),
                _point(source, new_end),
            )
        tree = parser.parse(source) if old is None else parser.parse(source, old)
        return Parsed(source, tree, count_errors(tree))


trees = Trees()
"""Shared by all requests of the process."""


def count_errors(tree: tree_sitter.Tree) -> int:
    """Error and missing nodes; looks only into what holds errors, and not for ever."""
    found = 0
    visited = 0
    stack = [tree.root_node]
    while stack and visited < _MAX_VISITED:
        node = stack.pop()
        visited += 1
        if node.is_error or node.is_missing:
            found += 1
        if node.has_error:
            stack.extend(node.children)
    return found


def _difference(old: bytes, new: bytes) -> tuple[int, int, int]:
    """Start, old end and new end of the one piece in which the texts differ."""
    shorter = min(len(old), len(new))
    start = _common(old, new, shorter)
    tail = _common(old[::-1], new[::-1], shorter - start)
    return start, len(old) - tail, len(new) - tail


def _common(a: bytes, b: bytes, limit: int) -> int:
    """Length of the common start, at most ``limit``, by bisection over whole slices."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _point(source: bytes, at: int) -> tuple[int, int]:
    return source.count(b"\n", 0, at), at - (source.rfind(b"\n", 0, at) + 1)
