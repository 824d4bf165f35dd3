"""Rows of the index: writing a file's content, reading it back as definitions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.context.reading import Content
from assistant.syntax.importing import Import
from assistant.syntax.symbols import Definition

_COLUMNS = "s.name, s.kind, s.signature, s.doc, s.start_line, s.end_line, s.parent, s.whole, f.path"


@dataclass(frozen=True, slots=True)
class Located:
    """A definition and the file that holds it, relative to the root with ``/``."""

    path: str
    definition: Definition


def replace(db: sqlite3.Connection, content: Content) -> None:
    """Write one file's rows in place of those it had."""
    remove(db, [content.path])
    folder, _, name = content.path.rpartition("/")
    found = content.outline
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
    gone = 0
    for path in paths:
        row = db.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
        if row is None:
            continue
        gone += 1
        db.execute("DELETE FROM search WHERE rowid IN (SELECT id FROM pieces WHERE file = ?)", row)
        for table in ("pieces", "symbols", "uses", "imports"):
            db.execute(f"DELETE FROM {table} WHERE file = ?", row)  # noqa: S608
        db.execute("DELETE FROM files WHERE id = ?", row)
    return gone


def link(db: sqlite3.Connection, path: str, found: Sequence[tuple[int, list[str]]]) -> None:
    """Note which files the imports of ``path`` mean, by the imports' numbers."""
    db.executemany(
        "UPDATE imports SET targets = ? WHERE number = ?"
        " AND file = (SELECT id FROM files WHERE path = ?)",
        ((json.dumps(paths) if paths else None, number, path) for number, paths in found),
    )


def definitions_named(db: sqlite3.Connection, name: str, limit: int = 64) -> list[Located]:
    """Every definition of that name, in the order of path and line."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM symbols s JOIN files f ON f.id = s.file"  # noqa: S608
        " WHERE s.name = ? ORDER BY f.path, s.number LIMIT ?",
        (name, limit),
    )
    return [_located(row) for row in rows]


def definitions_in(db: sqlite3.Connection, path: str) -> list[Located]:
    """Every definition of one file, in the order of the source."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM files f JOIN symbols s ON s.file = f.id"  # noqa: S608
        " WHERE f.path = ? ORDER BY s.number",
        (path,),
    )
    return [_located(row) for row in rows]


def definitions_of(db: sqlite3.Connection, path: str, name: str) -> list[Located]:
    """The definitions of one name in one file."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM files f JOIN symbols s ON s.file = f.id"  # noqa: S608
        " WHERE f.path = ? AND s.name = ? ORDER BY s.number",
        (path, name),
    )
    return [_located(row) for row in rows]


def imports_in(db: sqlite3.Connection, path: str) -> list[Import]:
    """The imports of one file."""
    rows = db.execute(
        "SELECT i.module, i.names, i.line, i.relative FROM files f"
        " JOIN imports i ON i.file = f.id WHERE f.path = ? ORDER BY i.number",
        (path,),
    )
    return [
        Import(module, tuple((name, here) for name, here in json.loads(names)), line, bool(rel))
        for module, names, line, rel in rows
    ]


def _located(row: Sequence[Any]) -> Located:
    name, kind, shown, doc, start, end, parent, whole, path = row
    return Located(path, Definition(name, kind, shown, doc, start, end, parent, bool(whole)))
