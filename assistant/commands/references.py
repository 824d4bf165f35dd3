"""Who uses a definition, and what code calls: facts with their lines, none of them a model's.

The index says which files; which lines is read from the files as they stand now, so that a stale
index leads to nothing rather than to a wrong line.
"""

from __future__ import annotations

import builtins
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import TracebackType

from assistant.commands.names import Name, names
from assistant.commands.sources import Sources
from assistant.context.query import Query
from assistant.context.records import Located
from assistant.context.repository import Repository
from assistant.context.retrievers.imported import named
from assistant.context.store import Store, index_file
from assistant.errors import RepositoryIndexError
from assistant.syntax.symbols import Definition
from assistant.types import CompletionRequest, Surroundings

MOST_FILES = 200
"""Files that are read for the uses of one name."""
_BARE = frozenset({"ruby", "lua", "shellscript"})
"""Languages that call without brackets."""
_TEST = re.compile(r"(?:^|/)(?:tests?|spec|__tests__)/|(?:^|/)test_|[._-](?:test|spec)\.")


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a name is used; ``line`` is 0-based, ``text`` is the line, ``within`` the
    function or class around it."""

    path: str
    line: int
    text: str
    within: str = ""
    call: bool = True


class References:
    """Questions to one index. Use it as a context manager; without a repository it knows what the
    open documents hold."""

    def __init__(self, sources: Sources, repository: Repository | None) -> None:
        self.sources = sources
        self.repository = repository
        self._db: sqlite3.Connection | None = None
        self._stack = ExitStack()

    def __enter__(self) -> References:
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

    def definitions(self, name: str) -> list[Located]:
        """Every definition of ``name`` that is still there, at the lines where it is now."""
        known = self.repository.definitions(name) if self.repository else []
        paths = {one.path for one in known} | {self.sources.here, *self.sources.buffers}
        return [
            Located(path, definition)
            for path in sorted(paths)
            for definition in self.sources.outline(path).definitions
            if definition.name == name and definition.kind != "field"
        ]

    def uses(self, path: str, definition: Definition) -> list[Use]:
        """Where the definition is used, calls first and tests last; not from within itself.

        A name that several files define counts only in files that lead to this one: itself, and
        those that import it or re-export it.
        """
        name = definition.name
        alone = len({one.path for one in self.definitions(name)}) <= 1
        leading = {path} if alone else self._importers(path)
        found: list[Use] = []
        for file in self._files_with(name):
            if not (alone or file in leading or self._buffer_imports(file, path)):
                continue
            own = definition if file == path else None
            found += self._in_file(file, name, own)
        found.sort(key=lambda use: (bool(_TEST.search(use.path)), not use.call, use.path, use.line))
        return found

    def calls(self, path: str, start: int, end: int) -> list[Located]:
        """What the lines ``start:end`` of a file call, where the workspace defines it."""
        text, language = self.sources.text(path), self.sources.language(path)
        if not text or language is None:
            return []
        found: dict[str, Located] = {}
        for name in names(text, language):
            if name.call and start <= name.line < end and name.name not in found:
                located = self._meaning(path, name)
                inside = located is not None and (
                    located.path == path and start <= located.definition.start_line < end
                )
                if located is not None and not inside:
                    found[name.name] = located
        return list(found.values())

    def meaning(self, path: str, line: int, word: str) -> Located | None:
        """What a name on a line means; None where that cannot be told."""
        text, language = self.sources.text(path), self.sources.language(path)
        if text and language:
            for name in names(text, language):
                if name.line == line and name.name == word:
                    return self._meaning(path, name)
        return None

    def _meaning(self, path: str, name: Name) -> Located | None:
        here = [d for d in self.sources.outline(path).definitions if d.name == name.name]
        here = [d for d in here if d.kind != "field"]
        if here and (not name.owner or name.owner in ("self", "cls", "this")):
            return Located(path, here[0])
        found = [one for one in self._imported(path, name) if one.definition.kind != "field"]
        if found:
            return found[0]
        if not name.owner and hasattr(builtins, name.name):
            return None
        # Nothing leads to it: then it must be the only one of that name, and for a member its
        # file one that is imported here.
        known = self.definitions(name.name)
        if len(known) != 1:
            return None
        leads = known[0].path == path or known[0].path in self._targets(path)
        return known[0] if leads or not name.owner else None

    def _imported(self, path: str, name: Name) -> Iterator[Located]:
        query = self._query(path)
        if query is None:
            return
        wanted = name.owner or name.name
        for target in query.targets:
            for original, here in target.names:
                # ``from a import f``, or ``import a`` and then ``a.f``.
                if here == wanted and original not in ("", "*"):
                    first = original if not name.owner else name.name
                elif name.owner and here == wanted:
                    first = name.name
                else:
                    continue
                for one in named(query, target.path, first, first):
                    yield from self._now(one.located)

    def _now(self, located: Located) -> Iterator[Located]:
        wanted = located.definition
        for one in self.sources.outline(located.path).definitions:
            if (one.name, one.parent) == (wanted.name, wanted.parent):
                yield Located(located.path, one)

    def _query(self, path: str) -> Query | None:
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

    def _targets(self, path: str) -> set[str]:
        query = self._query(path)
        return {target.path for target in query.targets} if query else set()

    def _files_with(self, name: str) -> list[str]:
        rows = self._rows(
            "SELECT DISTINCT f.path FROM uses u JOIN files f ON f.id = u.file"
            " WHERE u.name = ? ORDER BY f.path LIMIT ?",
            (name, MOST_FILES),
        )
        open_now = [self.sources.here, *self.sources.buffers]
        return list(dict.fromkeys([*open_now, *rows]))

    def _importers(self, path: str) -> set[str]:
        """The files whose imports mean ``path``, by way of a package that re-exports it too."""
        found = {path, *self._importing(path)}
        packages = [one for one in found if PurePosixPath(one).stem in ("__init__", "index", "mod")]
        return found.union(*(self._importing(one) for one in packages))

    def _importing(self, path: str) -> list[str]:
        return self._rows(
            "SELECT DISTINCT f.path FROM imports i JOIN files f ON f.id = i.file"
            " WHERE instr(i.targets, ?)",
            (json.dumps(path),),
        )

    def _buffer_imports(self, file: str, path: str) -> bool:
        if file not in (self.sources.here, *self.sources.buffers):
            return False
        return path in self._targets(file)

    def _rows(self, statement: str, values: tuple[object, ...]) -> list[str]:
        try:
            return [row[0] for row in self._db.execute(statement, values)] if self._db else []
        except sqlite3.Error:
            return []

    def _in_file(self, path: str, name: str, own: Definition | None) -> Iterator[Use]:
        text, language = self.sources.text(path), self.sources.language(path)
        if not text or language is None or name not in text:
            return
        lines, seen = self.sources.lines(path), set[int]()
        for found in names(text, language):
            inside = own is not None and own.start_line <= found.line < own.end_line
            if found.name != name or inside or found.line in seen or found.line >= len(lines):
                continue
            seen.add(found.line)
            around = self.sources.around(path, found.line)
            within = ".".join(filter(None, (around.parent, around.name))) if around else ""
            call = found.call or language.name in _BARE
            yield Use(path, found.line, lines[found.line].strip(), within, call)
