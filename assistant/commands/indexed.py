"""The index as commands ask it, with the files as they stand now."""

from __future__ import annotations

import json
import sqlite3
from contextlib import ExitStack
from pathlib import PurePosixPath
from types import TracebackType
from typing import Self

from assistant.commands.sources import Sources
from assistant.context.imports import Target
from assistant.context.query import Query
from assistant.context.records import Located
from assistant.context.repository import Repository
from assistant.context.store import Store, index_file
from assistant.errors import RepositoryIndexError
from assistant.types import CompletionRequest, Surroundings

MOST_FILES = 200
"""Files that are read for the uses of one name."""
_RE_EXPORTS = 3
"""Packages that one import may lead through."""


class Indexed:
    """Questions to one index. Use it as a context manager; without a repository it knows what the
    open documents hold."""

    def __init__(self, sources: Sources, repository: Repository | None) -> None:
        self.sources = sources
        self.repository = repository
        self._db: sqlite3.Connection | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if self.repository is not None:
            try:
                store = Store(index_file(self.repository.root), self.repository.root)
                self._stack.callback(store.close)
                self._db = self._stack.enter_context(store.reading())
            except (sqlite3.Error, RepositoryIndexError):
                self._db = None  # less is known then
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def indexed(self) -> bool:
        return self._db is not None

    def definitions(self, name: str) -> list[Located]:
        """Every definition of ``name`` that is still there, at the lines where it is now."""
        known = self.repository.definitions(name) if self.repository else []
        paths = {one.path for one in known} | set(self.sources.open)
        return [
            Located(path, definition)
            for path in sorted(paths)
            for definition in self.sources.outline(path).definitions
            if definition.name == name and definition.kind != "field"
        ]

    def leads(self, file: str, leading: set[str]) -> bool:
        """Whether an import of ``file`` means one of ``leading``."""
        if file in self.sources.open:
            return any(target.path in leading for target in self.targets(file))
        return file in leading

    def query(self, path: str) -> Query | None:
        """The index as a file sees it; None where it holds nothing of use."""
        document = self.sources.document(path)
        if self._db is None or self.repository is None or document is None:
            return None
        place = self.sources.place
        request = CompletionRequest(
            document, 0, place.root, Surroundings((place.document, *place.open_documents))
        )
        try:
            return Query(self.repository, self._db, request)
        except sqlite3.Error:
            return None

    def targets(self, path: str) -> list[Target]:
        """What the imports of a file mean."""
        query = self.query(path)
        return query.targets if query else []

    def files_with(self, name: str) -> list[str]:
        """The files that may use a name: the open ones, and those that are known to."""
        rows = self._rows(
            "SELECT DISTINCT f.path FROM uses u JOIN files f ON f.id = u.file"
            " WHERE u.name = ? ORDER BY f.path LIMIT ?",
            (name, MOST_FILES),
        )
        return list(dict.fromkeys([*self.sources.open, *rows]))

    def importers(self, path: str) -> set[str]:
        """The files whose imports mean ``path``, by way of packages that re-export it too."""
        found, new = {path}, [path]
        for _ in range(_RE_EXPORTS + 1):
            new = [one for each in new for one in self._importing(each) if one not in found]
            found.update(new)
            new = [one for one in new if PurePosixPath(one).stem in ("__init__", "index", "mod")]
        return found

    def _importing(self, path: str) -> list[str]:
        return self._rows(
            "SELECT DISTINCT f.path FROM imports i JOIN files f ON f.id = i.file"
            " WHERE instr(i.targets, ?)",
            (json.dumps(path),),
        )

    def _rows(self, statement: str, values: tuple[object, ...]) -> list[str]:
        try:
            return [row[0] for row in self._db.execute(statement, values)] if self._db else []
        except sqlite3.Error:
            return []
