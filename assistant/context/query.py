"""One question to the retrievers: where the cursor is and what surrounds it.

Nearly everything a retriever may ask is stable while the user types within a line: the
current line is left out, so the same snippets come back, byte for byte, and the engine's
prefix cache keeps them. Two things on it count, because they are what the user wants to see:
an import that is being typed, and what it calls or takes a member of.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar

from assistant.context import records
from assistant.context.imports import SqlFiles, Target, targets
from assistant.context.overlay import Buffer, known_language
from assistant.context.reading import decode
from assistant.context.records import Located
from assistant.context.terms import identifiers
from assistant.syntax import Outline
from assistant.types import CompletionRequest

if TYPE_CHECKING:
    from assistant.context.repository import Repository
    from assistant.settings import ContextSettings

T = TypeVar("T")

PLACES = 30
_HEAD_LINES = 400
_LONGEST_IMPORT = 60
_NEAR_ABOVE, _NEAR_BELOW = 60, 20
_LINE_CHARACTERS = 1000
_IMPORT = re.compile(r"^\s*(?:from|import|use|using|#\s*include|require|const\b.*require)\b")
_MAY_IMPORT = re.compile(
    r"^\s*(?:(?:pub(?:\(\w+\))?|extern|export)\s+)?"
    r"(?:from|import|use|using|package|namespace|mod|source|crate|@import|#\s*include|\.)\b"
    r"|\bfrom\s*['\"]|\b(?:require\w*|include\w*|import|autoload|dofile)\b\s*[('\"]"
    r"|\b(?:src|href)="
)
_CLOSES_IMPORT = re.compile(r"^\s*\}\s*from\b")
_DEFINING = (
    "(?:def|class|fn|func|fun|function|interface|struct|enum|trait|type|const|let|var|val|module)"
)
_CALLED = re.compile(r"\b\w{4,}(?=\s*\()|(?<=\w\.)\w{4,}|(?<=->)\w{4,}")
_CALL = re.compile(r"(\w{2,})\s*(?:<[\w, ]*>|!)?[({]")
_RECEIVER = re.compile(r"(\w{2,})(?:\?\.|!?\.|->|::)\w*$")
_TYPES_WITHIN = 20_000
_PYTHON_FROM = re.compile(r"^\s*from\s+([\w.]+)\s+import\b")


class Query:
    """A completion request, read. Lives as long as one retrieval, in one thread."""

    def __init__(
        self, repository: Repository, db: sqlite3.Connection, request: CompletionRequest
    ) -> None:
        self.repository = repository
        self.db = db
        self.request = request
        document = request.document
        self.path = repository.relative(document.path) or ""
        self.language = known_language(self.path, document.text, document.language)
        offset = min(max(request.offset, 0), len(document.text))
        self.line = document.text.count("\n", 0, offset)
        self.paths_stamp = records.stamp(db, "paths")
        self._known = repository.known(self.stamp)
        self.files = SqlFiles(repository.root, db, repository.known_paths(self.paths_stamp))
        # Of a one-line file of a megabyte, only what is near the cursor matters.
        start = document.text.rfind("\n", 0, offset) + 1
        end = document.text.find("\n", offset)
        end = len(document.text) if end < 0 else end
        self._above = document.text[:start]
        self._below = document.text[end + 1 :]
        self.current = document.text[start:end][:_LINE_CHARACTERS]
        self._typed = document.text[start:offset][-_LINE_CHARACTERS:]

    @cached_property
    def stamp(self) -> str:
        """Changes whenever the index does."""
        return records.stamp(self.db, "stamp")

    def key(self) -> Hashable:
        """Equal for two queries that have the same answer."""
        surroundings = self.request.surroundings
        return (
            self.path,
            self.language,
            self._above,
            self._below,
            self.current if _IMPORT.match(self.current) else "",
            self.calls,
            self.receiver,
            self.stamp,
            tuple((document.path, document.text) for document in surroundings.open_documents),
            tuple(
                (edit.path, edit.start_line, edit.end_line)
                for edit in surroundings.recent_edits
                if edit.path != self.request.document.path
            ),
        )

    @property
    def settings(self) -> ContextSettings:
        return self.repository.settings

    @cached_property
    def above(self) -> list[str]:
        """The complete lines above the cursor's, the nearest last."""
        return [line[:_LINE_CHARACTERS] for line in _last_lines(self._above, _NEAR_ABOVE)]

    @cached_property
    def below(self) -> list[str]:
        """The lines below the cursor's."""
        return [line[:_LINE_CHARACTERS] for line in self._below.split("\n", _NEAR_BELOW)[:-1]]

    @cached_property
    def near(self) -> dict[str, int]:
        """The identifiers near the cursor, and how many lines away; the nearest first."""
        found: dict[str, int] = {}
        for distance, line in enumerate(reversed(self.above), 1):
            for name in _identifiers(line):
                found.setdefault(name, distance)
        for distance, line in enumerate(self.below, 1):
            for name in _identifiers(line):
                found[name] = min(found.get(name, distance), distance)
        return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))

    @cached_property
    def calls(self) -> tuple[str, ...]:
        """The names called on this line before the cursor, the last first: it changes only
        with an opening bracket."""
        return tuple(dict.fromkeys(reversed(_CALL.findall(self._typed))))

    @cached_property
    def receiver(self) -> str:
        """The name whose member is being typed at the cursor, as in ``name.mem``."""
        found = _RECEIVER.search(self._typed)
        return found[1] if found else ""

    def types_of(self, name: str) -> list[str]:
        """The types that this file gives ``name`` above the cursor, the nearest first.

        Read off annotations, declarations and constructor calls, not inferred: a name that
        only looks like a type is not defined anywhere and gives nothing.
        """
        name = re.escape(name)
        patterns = [
            rf"\b{name}\??\s*:\s*(?:&\s*)?(?:mut\s+)?[\"']?(?:\w+\[)?(?:\w+\.)*([A-Z]\w+)",
            rf"\b{name}\s*:?=\s*(?:await\s+|new\s+|&)?(?:\w+\.)*([A-Z]\w+)\s*[({{.:<]",
            rf"\b([A-Z]\w+)(?:<[^<>\n]*>)?(?:\[\])?[\s*&]+{name}\b",
            rf"\b{name}\s+\*?(?:\w+\.)?([A-Z]\w+)\b",
        ]
        text = self._above[-_TYPES_WITHIN:]
        found = [(m.start(), m[1]) for pattern in patterns for m in re.finditer(pattern, text)]
        return list(dict.fromkeys(kind for _, kind in sorted(found, reverse=True)))[:3]

    @cached_property
    def called(self) -> frozenset[str]:
        """Those of :attr:`near` that are called, or follow a dot."""
        lines = [*self.above, *self.below]
        return frozenset(name for line in lines for name in _called(line))

    def attributes(self, owner: str) -> list[str]:
        """The names taken from ``owner`` near the cursor, as in ``owner.name``."""
        taken = re.compile(rf"(?<![\w.]){re.escape(owner)}(?:\.|::|->)(\w+)")
        found = [name for line in [*self.above, *self.below] for name in taken.findall(line)]
        return list(dict.fromkeys(found))

    @cached_property
    def outline(self) -> Outline:
        """The imports and the package of this file, without the line being typed."""
        head = self._above.split("\n", _HEAD_LINES)[:_HEAD_LINES]
        room = _HEAD_LINES - len(head)
        if room > 0:
            line = self.current if _IMPORT.match(self.current) else ""
            typed = _PYTHON_FROM.match(line)
            # "from a import " alone does not parse.
            line = f"from {typed[1]} import *" if typed and self.language == "python" else line
            head = [*head[:-1], line, *self._below.split("\n", room)[:room]]
        lines = import_lines([one[:_LINE_CHARACTERS] for one in head])
        text = "\n".join(["<?php", *lines] if self.language == "php" else lines)
        return self.repository.buffers.get(self.path, text, self.language).outline

    @cached_property
    def buffers(self) -> dict[str, Buffer]:
        """The other open files by path, the last used first."""
        found: dict[str, Buffer] = {}
        for document in self.request.surroundings.open_documents:
            path = self.repository.relative(document.path)
            if path is not None and path != self.path and path not in found:
                kept = self.repository.buffers
                found[path] = kept.get(path, document.text, document.language)
        return found

    def _once(self, key: Hashable, read: Callable[[], T]) -> T:
        """What ``read`` gives, remembered as long as the index stays as it is."""
        if key not in self._known:
            self._known[key] = read()
        found: T = self._known[key]
        return found

    def members(self, path: str, parent: str, limit: int = -1) -> list[Located]:
        """The definitions of one file that belong to ``parent`` (``""`` for the file)."""
        buffer = self.buffers.get(path)
        if buffer is None:
            key = ("members", path, parent, limit)
            return self._once(key, lambda: records.definitions_in(self.db, path, parent, limit))
        found = [Located(path, d) for d in buffer.outline.definitions if d.parent == parent]
        return found[:limit] if limit >= 0 else found

    def definitions_of(self, path: str, name: str) -> list[Located]:
        """The definitions of one name in one file."""
        buffer = self.buffers.get(path)
        if buffer is not None:
            return [Located(path, d) for d in buffer.outline.definitions if d.name == name]
        key = ("definitions", path, name)
        return self._once(key, lambda: records.definitions_of(self.db, path, name))

    @property
    def targets(self) -> list[Target]:
        """What the imports of this file mean."""
        return self.repository.resolved(self)

    def targets_in(self, path: str, name: str) -> list[Target]:
        """What those imports of another file mean that may bring ``name``."""
        buffer = self.buffers.get(path)
        if buffer is None:
            key = ("targets", path, name)
            return self._once(key, lambda: records.targets_in(self.db, path, name))
        found = [targets(one, path, buffer.language, self.files) for one in buffer.outline.imports]
        return [target for some in found for target in some]

    def defined_here(self, name: str) -> bool:
        """Whether this very file defines ``name``, as it is indexed or as it stands now."""
        if records.definitions_of(self.db, self.path, name):
            return True
        definition = re.compile(rf"\b{_DEFINING}\s+{re.escape(name)}\b")
        return bool(definition.search(self._above) or definition.search(self._below))

    def places(self, name: str) -> list[tuple[str, str]]:
        """The (path, kind) of definitions of a name outside this file, at most about
        :data:`PLACES`; open buffers win over the index."""
        known = self._once(("places", name), lambda: records.places_of(self.db, name, PLACES))
        found = [one for one in known if one[0] != self.path and one[0] not in self.buffers]
        for path, buffer in self.buffers.items():
            found += [(path, d.kind) for d in buffer.outline.definitions if d.name == name]
        return found

    def lines(self, path: str) -> list[str]:
        """The lines of another file, as an editor has it or from the disk; empty when gone."""
        buffer = self.buffers.get(path)
        if buffer is not None:
            return buffer.lines
        try:
            data = (self.repository.root / path).read_bytes()
        except OSError:
            return []
        return decode(data).split("\n")


# Almost every line was seen by the request before.
@lru_cache(maxsize=20_000)
def _identifiers(line: str) -> tuple[str, ...]:
    return tuple(identifiers(line))


@lru_cache(maxsize=20_000)
def _called(line: str) -> tuple[str, ...]:
    return tuple(_CALLED.findall(line))


@lru_cache(maxsize=20_000)
def _may_import(line: str) -> bool:
    return bool(_MAY_IMPORT.search(line))


def import_lines(lines: Sequence[str]) -> list[str]:
    """The lines that may import something, each with those that its brackets go on over.

    Parsing only these is what makes a new line cheap: they stay the same while code is
    written. A line too many does no harm, the parser knows what an import is.
    """
    found: list[str] = []
    end = 0
    for number, line in enumerate(lines):
        if number < end or not _may_import(line):
            continue
        start = number
        if _CLOSES_IMPORT.match(line):
            above = range(number, max(number - _LONGEST_IMPORT, end - 1), -1)
            start = next((n for n in above if "{" in lines[n]), number)
        depth = 0
        end = start + 1
        for last in range(start, min(start + _LONGEST_IMPORT, len(lines))):
            depth += sum((char in "([{") - (char in ")]}") for char in lines[last])
            if depth <= 0 and last >= number:
                end = last + 1
                break
        found += [lines[start].lstrip(), *lines[start + 1 : end]]
    return found


def _last_lines(text: str, count: int) -> list[str]:
    """The last ``count`` lines of a text that ends with a line break, or is empty."""
    return text.rsplit("\n", count + 1)[-count - 1 : -1] if text else []
