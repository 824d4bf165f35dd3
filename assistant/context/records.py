"""Rows of the index: writing a file's content, reading it back as definitions."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.context.imports import Target
from assistant.context.reading import Content
from assistant.syntax.symbols import Definition

_COLUMNS = "s.name, s.kind, s.signature, s.doc, s.start_line, s.end_line, s.parent, s.whole, f.path"


@dataclass(frozen=True, slots=True)
class Located:
    """A definition and the file that holds it, relative to the root with ``/``."""

    path: str
    definition: Definition


def replace(db: sqlite3.Connection, content: Content) -> None:
    """Write one file's rows in place of those it had."""
    folder, _, name = content.path.rpartition("/")
    found = content.outline
    before = db.execute("SELECT package FROM files WHERE path = ?", (content.path,)).fetchone()
    if before != (found.package,):
        _stamp_paths(db)
    _delete(db, content.path)
    file = db.execute(
        "INSERT INTO files (path, folder, name, language, package, size, mtime_ns, digest, lines)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            content.path,
            folder,
            name,
            content.language,
            found.package,
            content.size,
            content.mtime_ns,
            content.digest,
            content.lines,
        ),
    ).lastrowid
    db.executemany(
        "INSERT INTO symbols VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                file,
                number,
                d.name,
                d.kind,
                d.signature,
                d.doc,
                d.start_line,
                d.end_line,
                d.parent,
                d.whole,
            )
            for number, d in enumerate(found.definitions)
        ),
    )
    db.executemany(
        "INSERT INTO uses VALUES (?, ?, ?, ?, ?)",
        ((file, r.name, r.kind, r.line, r.count) for r in found.references),
    )
    db.executemany(
        "INSERT INTO imports VALUES (?, ?, ?, ?, ?, ?, NULL)",
        (
            (file, number, i.module, json.dumps(i.names), i.line, i.relative)
            for number, i in enumerate(found.imports)
        ),
    )
    for start, end, words in content.pieces:
        piece = db.execute(
            "INSERT INTO pieces (file, start_line, end_line) VALUES (?, ?, ?)", (file, start, end)
        ).lastrowid
        db.execute("INSERT INTO search (rowid, terms) VALUES (?, ?)", (piece, words))


def remove(db: sqlite3.Connection, paths: Iterable[str]) -> int:
    """Forget files; gives how many there were."""
    gone = sum(_delete(db, path) for path in paths)
    if gone:
        _stamp_paths(db)
    return gone


def _delete(db: sqlite3.Connection, path: str) -> bool:
    row = db.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
    if row is None:
        return False
    db.execute("DELETE FROM search WHERE rowid IN (SELECT id FROM pieces WHERE file = ?)", row)
    for table in ("pieces", "symbols", "uses", "imports"):
        db.execute(f"DELETE FROM {table} WHERE file = ?", row)  # noqa: S608
    db.execute("DELETE FROM files WHERE id = ?", row)
    return True


def stamp(db: sqlite3.Connection, key: str) -> str:
    """A value that changes with what it stands for: ``stamp`` the whole index, ``paths`` its
    files and packages, ``common`` the terms not searched for."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else ""


def _stamp_paths(db: sqlite3.Connection) -> None:
    """Note that the answer to which file or package there is may have changed."""
    db.execute("INSERT OR REPLACE INTO meta VALUES ('paths', ?)", (str(time.time_ns()),))


def encode_targets(found: Sequence[Target]) -> str | None:
    """How the column ``targets`` keeps the files that an import means."""
    return json.dumps([(target.path, target.names) for target in found]) if found else None


def link(db: sqlite3.Connection, path: str, found: Sequence[Sequence[Target]]) -> None:
    """Note which files the imports of ``path`` mean, in their order."""
    db.executemany(
        "UPDATE imports SET targets = ? WHERE number = ?"
        " AND file = (SELECT id FROM files WHERE path = ?)",
        ((encode_targets(targets), number, path) for number, targets in enumerate(found)),
    )


def definitions_named(db: sqlite3.Connection, name: str, limit: int = 64) -> list[Located]:
    """Definitions of that name, in the order of path and line; of a name with more than
    ``limit``, some."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM (SELECT * FROM symbols WHERE name = ? LIMIT ?) s"  # noqa: S608
        " JOIN files f ON f.id = s.file",
        (name, limit),
    )
    return sorted(map(_located, rows), key=lambda one: (one.path, one.definition.start_line))


def places_of(db: sqlite3.Connection, name: str, limit: int) -> tuple[tuple[str, str], ...]:
    """The (path, kind) of definitions of that name, at most ``limit`` of them."""
    rows = db.execute(
        "SELECT f.path, s.kind FROM (SELECT file, kind FROM symbols WHERE name = ? LIMIT ?) s"
        " JOIN files f ON f.id = s.file",
        (name, limit),
    )
    return tuple(sorted(rows))


def definitions_in(
    db: sqlite3.Connection, path: str, parent: str | None = None, limit: int = -1
) -> list[Located]:
    """The definitions of one file in the order of the source, or only those of a parent."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM files f CROSS JOIN symbols s ON s.file = f.id"  # noqa: S608
        " WHERE f.path = ? AND (? IS NULL OR s.parent = ?) ORDER BY s.number LIMIT ?",
        (path, parent, parent, limit),
    )
    return [_located(row) for row in rows]


def definitions_of(db: sqlite3.Connection, path: str, name: str) -> list[Located]:
    """The definitions of one name in one file."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM symbols s INDEXED BY symbols_name"  # noqa: S608
        " CROSS JOIN files f ON f.id = s.file"
        " WHERE s.name = ? AND s.file = (SELECT id FROM files WHERE path = ?) ORDER BY s.number",
        (name, path),
    )
    return [_located(row) for row in rows]


def targets_in(db: sqlite3.Connection, path: str, name: str) -> list[Target]:
    """The files that the imports of one file mean, as the last refresh resolved them: of
    those that may bring ``name``, by itself or with everything else."""
    rows = db.execute(
        "SELECT targets FROM imports WHERE file = (SELECT id FROM files WHERE path = ?)"
        " AND (instr(targets, ?) OR instr(targets, '\"*\"') OR instr(targets, '\"\"'))"
        " ORDER BY number",
        (path, json.dumps(name)),
    )
    return [
        Target(target, tuple((name, here) for name, here in names))
        for row in rows
        for target, names in json.loads(row[0])
    ]


def _located(row: Sequence[Any]) -> Located:
    name, kind, shown, doc, start, end, parent, whole, path = row
    return Located(path, Definition(name, kind, shown, doc, start, end, parent, bool(whole)))
