"""What the schemes of import resolution ask for, and what they answer."""

from __future__ import annotations

import posixpath
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.syntax.importing import Import

_MOST = 200


@dataclass(frozen=True, slots=True)
class Target:
    """A file that an import means, and the (name, name here) pairs that it takes from it.

    ``*`` stands for every name, an empty name for the module itself.
    """

    path: str
    names: tuple[tuple[str, str], ...] = ()


class Files(Protocol):
    """The indexed files, by path relative to the root with ``/``."""

    @property
    def root(self) -> Path: ...

    def has(self, path: str) -> bool: ...

    def named(self, name: str) -> list[str]:
        """Every path whose last part is ``name``."""
        ...

    def folder(self, path: str) -> list[str]:
        """The files directly in a folder; ``""`` is the root."""
        ...

    def package(self, name: str) -> list[str]:
        """The files that say they belong to a package."""
        ...


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a family of languages names modules. A plug-in: a module with ``SCHEME``."""

    name: str
    resolve: Callable[[Import, str, Files], list[Target]]


class FileTable:
    """All files in memory, for resolving many imports."""

    def __init__(self, root: Path, rows: Sequence[tuple[str, str]]) -> None:
        self.root = root
        self._paths = {path for path, _ in rows}
        self._names: dict[str, list[str]] = defaultdict(list)
        self._folders: dict[str, list[str]] = defaultdict(list)
        self._packages: dict[str, list[str]] = defaultdict(list)
        for path, package in sorted(rows):
            folder, _, name = path.rpartition("/")
            self._names[name].append(path)
            self._folders[folder].append(path)
            if package:
                self._packages[package].append(path)

    @classmethod
    def of(cls, db: sqlite3.Connection, root: Path) -> FileTable:
        return cls(root, db.execute("SELECT path, package FROM files").fetchall())

    def has(self, path: str) -> bool:
        return path in self._paths

    def named(self, name: str) -> list[str]:
        return self._names.get(name, [])[:_MOST]

    def folder(self, path: str) -> list[str]:
        return self._folders.get(path, [])[:_MOST]

    def package(self, name: str) -> list[str]:
        return self._packages.get(name, [])[:_MOST]


class SqlFiles:
    """The same answers from the index, for resolving a few imports.

    ``known`` keeps what was asked before, as long as the index has the same paths.
    """

    def __init__(
        self, root: Path, db: sqlite3.Connection, known: dict[str, bool] | None = None
    ) -> None:
        self.root = root
        self._db = db
        self._known = {} if known is None else known

    def has(self, path: str) -> bool:
        if path not in self._known:
            found = self._db.execute("SELECT 1 FROM files WHERE path = ?", (path,)).fetchone()
            self._known[path] = found is not None
        return self._known[path]

    def named(self, name: str) -> list[str]:
        return self._paths("name", name)

    def folder(self, path: str) -> list[str]:
        return self._paths("folder", path)

    def package(self, name: str) -> list[str]:
        return self._paths("package", name) if name else []

    def _paths(self, column: str, value: str) -> list[str]:
        # "package != ''" lets the partial index serve.
        extra = " AND package != ''" if column == "package" else ""
        rows = self._db.execute(
            f"SELECT path FROM files WHERE {column} = ?{extra} ORDER BY path LIMIT ?",  # noqa: S608
            (value, _MOST),
        )
        return [row[0] for row in rows]


def join(*parts: str) -> str:
    """Parts of a path, normalised; one that leaves the root comes back starting with ``..``."""
    path = posixpath.normpath("/".join(part for part in parts if part))
    return "" if path == "." else path


def ending(files: Files, path: str, most: int = 2) -> list[str]:
    """The files whose path ends in ``path``: empty when more than ``most`` do."""
    name = path.rpartition("/")[2]
    found = [p for p in files.named(name) if p == path or p.endswith(f"/{path}")]
    return found if len(found) <= most else []


def ancestors(path: str) -> list[str]:
    """The folders above a file, the nearest first, the root (``""``) last."""
    found = []
    while path:
        path = path.rpartition("/")[0]
        found.append(path)
    return found
