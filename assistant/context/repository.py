"""The repository as completion sees it: its index, its unsaved buffers, what to show."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from assistant.context import indexing, records
from assistant.context.imports import SqlFiles, Target, targets
from assistant.context.indexing import IndexReport
from assistant.context.locking import exclusively
from assistant.context.overlay import Buffers
from assistant.context.pack import pack
from assistant.context.query import Query
from assistant.context.reading import Content, read
from assistant.context.records import Located
from assistant.context.retriever import Retriever, retrievers
from assistant.context.roots import too_wide, why_too_wide
from assistant.context.store import Store, index_file
from assistant.context.walk import is_watched
from assistant.errors import RepositoryIndexError
from assistant.settings import ContextSettings
from assistant.syntax import of_path
from assistant.syntax.symbols import Definition
from assistant.types import CompletionRequest, Snippet

_ANSWERS = 16
_REMEMBERED = 20_000

log = logging.getLogger(__name__)


class Repository:
    """One workspace folder's index. Threads may share it.

    Made by :meth:`open`; use it as a context manager or call :meth:`close`.
    """

    def __init__(self, root: Path, settings: ContextSettings, store: Store) -> None:
        self.root = root
        self.settings = settings
        self.buffers = Buffers()
        self._store = store
        self._unsaved: dict[str, tuple[Definition, ...]] = {}
        self._lock = threading.Lock()
        self._damaged = ""
        self._lost = False
        self._answers: OrderedDict[Hashable, list[Snippet]] = OrderedDict()
        self._resolved: OrderedDict[Hashable, list[Target]] = OrderedDict()
        self._said: set[str] = set()
        self._paths: tuple[str, dict[str, bool]] = ("", {})
        self._known: tuple[str, dict[Hashable, Any]] = ("", {})
        self._terms: tuple[str, frozenset[str], dict[str, int]] = ("", frozenset(), {})

    @classmethod
    def open(cls, root: Path, settings: ContextSettings) -> Repository:
        """Open the index of ``root``, empty when there is none; reads no source file.

        An index that is damaged or of another version is set aside. Raises
        RepositoryIndexError when the file can be neither used nor replaced.
        """
        root = root.resolve()
        if too_wide(root):
            log.warning("%s", why_too_wide(root))
        return cls(root, settings, Store(index_file(root), root))

    def __enter__(self) -> Repository:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index file; may be called twice."""
        self._store.close()

    @property
    def needs_refresh(self) -> bool:
        """Whether the index turned out damaged, deleted or replaced: what it held comes back
        with a refresh only."""
        return bool(self._damaged) or self._lost or self._store.replaced

    def mend(self) -> None:
        """Set a damaged index aside. Whoever has another process refresh calls this first;
        :attr:`needs_refresh` then speaks of what happens from here on.

        Raises RepositoryIndexError when no new one can be made.
        """
        why, self._damaged = self._damaged, ""
        self._lost = self._store.replaced = False
        if why:
            try:
                self._store.rebuild(f"is damaged ({why})")
            except (sqlite3.Error, OSError) as error:
                raise RepositoryIndexError(f"index {self._store.file}: {error}") from error

    def refresh(
        self, progress: Callable[[int, int], None] | None = None, wait: float = 600.0
    ) -> IndexReport:
        """Bring the index up to date with the disk; see :mod:`assistant.context.indexing`.

        ``progress`` is told (files done, files to do). One process at a time indexes a
        workspace: another one is waited for up to ``wait`` seconds. Raises
        RepositoryIndexError when it takes longer, or the index cannot be written.
        """
        if not self.root.is_dir():
            raise RepositoryIndexError(f"{self.root} is no folder that can be read")
        lock = self._store.file.with_suffix(".lock")
        with exclusively(lock, str(self.root), wait):
            self.mend()
            try:
                return indexing.refresh(self._store, self.root, self.settings, progress)
            except sqlite3.DatabaseError as error:
                # "no such table": somebody deleted the file while it was open.
                lost = "no such table" in str(error)
                if isinstance(error, sqlite3.OperationalError) and not lost:
                    raise RepositoryIndexError(f"index {self._store.file}: {error}") from error
                self._store.rebuild("was deleted" if lost else f"is damaged ({error})")
                return indexing.refresh(self._store, self.root, self.settings, progress)

    def update(self, path: Path, text: str | None = None) -> None:
        """Take in one file that was saved, made, changed or deleted.

        With ``text``, an editor's unsaved buffer: it counts for :meth:`defines` and
        :meth:`definitions` until the file is saved, and is not written to the index.
        Files outside the root, ignored ones and unknown languages are passed over.
        """
        relative = self.relative(path)
        if relative is None:
            return
        if text is not None:
            buffer = self.buffers.get(relative, text)
            with self._lock:
                self._unsaved[relative] = buffer.outline.definitions
            return
        with self._lock:
            self._unsaved.pop(relative, None)
        # What was deleted may have been a folder; its files went with it.
        if not path.exists():
            self._forget(relative)
        elif path.is_file():
            self._reread(relative)

    def _forget(self, relative: str) -> None:
        with self._mended(), self._store.writing() as db:
            below = db.execute(
                "SELECT path FROM files WHERE path = ? OR path >= ? AND path < ?",
                (relative, f"{relative}/", f"{relative}0"),
            ).fetchall()
            records.remove(db, [row[0] for row in below])

    def _reread(self, relative: str) -> None:
        path = self.root / relative
        with self._mended():
            with self._store.reading() as db:
                row = db.execute("SELECT digest FROM files WHERE path = ?", (relative,)).fetchone()
            if row is None and (of_path(relative) is None or not is_watched(self.root, path)):
                return
            try:
                large = path.stat().st_size > self.settings.max_file_bytes
            except OSError:
                large = False
            result = None if large else read(str(self.root), relative, row[0] if row else None)
            if result is None and not large:
                return
            with self._store.writing() as db:
                if isinstance(result, Content):
                    records.replace(db, result)
                    self._link(db, result)
                else:
                    records.remove(db, [relative])

    def _link(self, db: sqlite3.Connection, content: Content) -> None:
        known = self.known_paths(records.stamp(db, "paths"))
        files = SqlFiles(self.root, db, known)
        path, language = content.path, content.language
        found = [targets(one, path, language, files) for one in content.outline.imports]
        records.link(db, path, found)

    def retrieve(
        self, request: CompletionRequest, count: Callable[[str], int], budget: int
    ) -> list[Snippet]:
        """What of the rest of the repository a completion should see, in prompt order.

        ``count`` gives the tokens of a text; all snippets together stay within ``budget``.
        Never raises for what a file or an index holds: it answers with less.
        """
        if not self.settings.enabled or budget <= 0:
            return []
        found: list[Snippet] = []
        try:
            with self._store.reading() as db:
                found = self._found(Query(self, db, request))
        except (sqlite3.DatabaseError, RepositoryIndexError) as error:
            self._note(error)
        return pack(found, count, budget)

    def _found(self, query: Query) -> list[Snippet]:
        """What the retrievers find; remembered while the user types within a line."""
        key = query.key()
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        found: list[Snippet] = []
        for retriever in retrievers(self.settings.retrievers):
            found += self._ask(retriever, query)
        with self._lock:
            self._answers[key] = found
            if len(self._answers) > _ANSWERS:
                self._answers.popitem(last=False)
        return found

    def resolved(self, query: Query) -> list[Target]:
        """What the imports of the query's document mean; remembered while they stay."""
        key = (query.path, query.language, query.outline.imports, query.paths_stamp)
        with self._lock:
            known = self._resolved.get(key)
        if known is None:
            known = [
                target
                for imported in query.outline.imports
                for target in targets(imported, query.path, query.language, query.files)
            ]
            with self._lock:
                self._resolved[key] = known
                if len(self._resolved) > _ANSWERS:
                    self._resolved.popitem(last=False)
        return known

    def _ask(self, retriever: Retriever, query: Query) -> list[Snippet]:
        try:
            return list(retriever.retrieve(query))
        except sqlite3.DatabaseError as error:
            self._note(error)
        except Exception as error:  # noqa: BLE001
            # A plug-in's fault costs its own snippets, never the completion.
            self._say_once(f"retriever {retriever.name} failed: {error!r}")
        return []

    def defines(self, name: str) -> bool:
        """Whether any file of the workspace defines ``name``; False when nobody knows."""
        return bool(self._defined(name, 1))

    def definitions(self, name: str) -> list[Located]:
        """Every definition of ``name``, in the order of path and line; buffers win."""
        return self._defined(name, 64)

    def _defined(self, name: str, limit: int) -> list[Located]:
        with self._lock:
            unsaved = dict(self._unsaved)
        found = [
            Located(path, definition)
            for path, definitions in unsaved.items()
            for definition in definitions
            if definition.name == name
        ]
        try:
            with self._store.reading() as db:
                on_disk = records.definitions_named(db, name, limit + len(unsaved))
        except (sqlite3.DatabaseError, RepositoryIndexError) as error:
            self._note(error)
            on_disk = []
        found += [one for one in on_disk if one.path not in unsaved]
        return sorted(found, key=lambda one: (one.path, one.definition.start_line))[:limit]

    def relative(self, path: Path) -> str | None:
        """``path`` below the root with ``/``; None when it lies elsewhere."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            try:
                return path.resolve().relative_to(self.root).as_posix()
            except (ValueError, OSError):
                return None

    def known_paths(self, stamp: str) -> dict[str, bool]:
        """Which paths were asked for under that stamp, and whether they are indexed."""
        with self._lock:
            if stamp != self._paths[0] or len(self._paths[1]) > _REMEMBERED:
                self._paths = (stamp, {})
            return self._paths[1]

    def known(self, stamp: str) -> dict[Hashable, Any]:
        """What was read from the index under that stamp, by whatever key the reader chose."""
        with self._lock:
            if stamp != self._known[0] or len(self._known[1]) > _REMEMBERED:
                self._known = (stamp, {})
            return self._known[1]

    def terms_known(self, db: sqlite3.Connection) -> tuple[frozenset[str], dict[str, int]]:
        """The terms that are too common to search for, and the pieces that hold a term, for
        the terms asked for since the last full scan."""
        now = records.stamp(db, "common")
        with self._lock:
            if now != self._terms[0] or len(self._terms[2]) > _REMEMBERED:
                common = frozenset(row[0] for row in db.execute("SELECT term FROM common"))
                self._terms = (now, common, {})
            return self._terms[1:]

    @contextmanager
    def _mended(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise RepositoryIndexError(f"index {self._store.file}: {error}") from error
        except sqlite3.DatabaseError as error:
            self._store.rebuild(f"is damaged ({error})")
            self._lost = True

    def _note(self, error: sqlite3.DatabaseError | RepositoryIndexError) -> None:
        """Say what reading met, and remember damage for the next refresh."""
        what = "does not answer"
        if not isinstance(error, sqlite3.OperationalError | RepositoryIndexError):
            self._damaged, what = str(error), "is damaged"
        self._say_once(f"index {self._store.file} {what}: {error}")

    def _say_once(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            log.warning("%s", message)
