"""The index's SQLite file: schema, opening, what to do with one that cannot be used.

One file a workspace, in WAL mode: readers are never held up by the indexer. The full-text
table holds the terms of each piece of code, not the code: what is shown is read from disk.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant import paths
from assistant.errors import RepositoryIndexError

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
"""Goes up when the tables change, or what is read from a file: unchanged files are not read
again."""

BUSY_SECONDS = 3.0

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    package TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest BLOB NOT NULL,
    lines INTEGER NOT NULL
);
CREATE INDEX files_folder ON files (folder);
CREATE INDEX files_name ON files (name);
CREATE INDEX files_package ON files (package) WHERE package != '';
CREATE TABLE symbols (
    file INTEGER NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    signature TEXT NOT NULL,
    doc TEXT NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    parent TEXT NOT NULL,
    whole INTEGER NOT NULL,
    PRIMARY KEY (file, number)
) WITHOUT ROWID;
CREATE INDEX symbols_name ON symbols (name);
CREATE TABLE uses (
    file INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    line INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (file, name, kind)
) WITHOUT ROWID;
CREATE TABLE imports (
    file INTEGER NOT NULL,
    number INTEGER NOT NULL,
    module TEXT NOT NULL,
    names TEXT NOT NULL,
    line INTEGER NOT NULL,
    relative INTEGER NOT NULL,
    targets TEXT,
    PRIMARY KEY (file, number)
) WITHOUT ROWID;
CREATE TABLE pieces (
    id INTEGER PRIMARY KEY,
    file INTEGER NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL
);
CREATE INDEX pieces_file ON pieces (file);
CREATE VIRTUAL TABLE search USING fts5 (terms, tokenize = "unicode61 tokenchars '_'");
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (search, 'row');
CREATE TABLE common (term TEXT PRIMARY KEY) WITHOUT ROWID;
"""


def index_file(root: Path) -> Path:
    """The index of the workspace ``root``: named by the digest of its real path."""
    name = hashlib.blake2b(str(root.resolve()).encode("utf-8", "surrogateescape"), digest_size=10)
    try:
        return paths.folder("index") / f"{name.hexdigest()}.sqlite"
    except OSError as error:
        raise RepositoryIndexError(
            f"no index can be kept in {paths.home()}: {error.strerror}; set ASSISTANT_HOME"
        ) from error


class Store:
    """Connections to one index file. Threads may share it; each use has its connection."""

    def __init__(self, file: Path, root: Path) -> None:
        self.file = file
        self.root = root
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._writing = threading.RLock()
        self._closed = False
        self.replaced = False
        """Whether the file turned out deleted or another one: what it held may be gone."""
        self._prepare()
        self._known_inode = self._inode()

    def _prepare(self) -> None:
        try:
            self._create_or_check()
        except sqlite3.OperationalError as error:
            raise self._unusable(error) from error
        except sqlite3.DatabaseError as error:
            self.set_aside(f"is damaged ({error})")
            self._create_or_check()

    def _create_or_check(self) -> None:
        db = self._connect()
        try:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, SCHEMA_VERSION):
                db.close()
                self.set_aside(f"has format {version}, this version uses {SCHEMA_VERSION}")
                db = self._connect()
                version = 0
            if version == 0:
                self._create(db)
            db.execute("SELECT value FROM meta WHERE key = 'root'").fetchone()
        finally:
            db.close()

    def _create(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        # Another process may have made it while this one waited.
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            db.execute("INSERT INTO meta VALUES ('root', ?)", (str(self.root),))
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self.file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA cache_size = -32000")
            db.execute("PRAGMA mmap_size = 268435456")
        except sqlite3.Error:
            db.close()
            raise
        return db

    def set_aside(self, why: str) -> None:
        """Rename the index file, so that a new one can be built; the next one replaces it."""
        aside = self.file.with_suffix(".old")
        log.warning("index %s %s: kept as %s, building anew", self.file, why, aside.name)
        with self._lock:
            for db in self._idle:
                db.close()
            self._idle.clear()
        for suffix in ("-wal", "-shm"):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        if self.file.exists():
            self.file.replace(aside)

    def rebuild(self, why: str) -> None:
        """Start with an empty file in place of one that turned out damaged."""
        with self._writing:
            self.set_aside(why)
            self._create_or_check()
            self._known_inode = self._inode()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own. sqlite3's errors pass through."""
        db = self._take()
        try:
            yield db
        except BaseException:
            db.close()
            raise
        with self._lock:
            if not self._closed:
                self._idle.append(db)
                return
        db.close()

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise RepositoryIndexError("the index is closed")
            inode = self._inode()
            if inode != self._known_inode:
                # Another process has set the file aside, or somebody has deleted it:
                # connections to the old one would answer from it for ever.
                for db in self._idle:
                    db.close()
                self._idle.clear()
                if inode is None:
                    self._create_or_check()
                self._known_inode = self._inode()
                self.replaced = True
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _inode(self) -> int | None:
        try:
            return self.file.stat().st_ino
        except OSError:
            return None

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end, undone by an exception.

        Raises RepositoryIndexError when another process holds the file for too long.
        """
        with self._writing:
            try:
                with self.reading() as db:
                    db.execute("BEGIN IMMEDIATE")
                    try:
                        yield db
                        db.execute(
                            "INSERT OR REPLACE INTO meta VALUES ('stamp', ?)",
                            (str(time.time_ns()),),
                        )
                    except BaseException:
                        if db.in_transaction:
                            db.execute("ROLLBACK")
                        raise
                    db.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise self._unusable(error) from error

    def _unusable(self, error: sqlite3.OperationalError) -> RepositoryIndexError:
        text = str(error)
        if "locked" in text or "busy" in text:
            what = "is held by another process: try again when that one is done"
        elif "full" in text:
            what = "cannot grow: the disk is full"
        else:
            what = f"cannot be used ({text}): check its permissions, or delete it"
        return RepositoryIndexError(f"index {self.file} {what}")

    def size(self) -> int:
        """Bytes on disk."""
        files = (self.file, self.file.with_name(self.file.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for db in self._idle:
                db.close()
            self._idle.clear()
