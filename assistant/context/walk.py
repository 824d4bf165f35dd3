"""The files of a workspace that are worth reading."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from assistant.context.ignore import FOLDERS, Rules
from assistant.context.roots import too_wide, why_too_wide
from assistant.settings import ContextSettings
from assistant.syntax import of_path

_ROWS_A_REASON = 100


@dataclass(frozen=True, slots=True)
class FoundFile:
    """``path`` is relative to the root, with ``/``; ``size`` in bytes."""

    path: str
    size: int
    mtime_ns: int


@dataclass(slots=True)
class Skipped:
    """What was left out, and why; a reason that fits thousands of files takes few rows."""

    rows: dict[str, list[str]] = field(default_factory=dict)
    more: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)

    def add(self, path: str, why: str) -> None:
        rows = self.rows.setdefault(why, [])
        if len(rows) < _ROWS_A_REASON:
            rows.append(path)
        else:
            self.more[why] += 1

    def listing(self) -> list[dict[str, str]]:
        """Rows of ``path`` and ``why``."""
        listed = [{"path": path, "why": why} for why, rows in self.rows.items() for path in rows]
        listed += [{"path": "*", "why": f"{why} ({n} more)"} for why, n in self.more.items()]
        if self.unknown:
            kinds = [kind or "no extension" for kind, _ in self.unknown.most_common(8)]
            why = f"{self.unknown.total()} files in languages that are not indexed: "
            listed.append({"path": "*", "why": why + ", ".join(kinds)})
        return listed


def walk(root: Path, settings: ContextSettings, skipped: Skipped) -> Iterator[FoundFile]:
    """Every source file under ``root`` (absolute), in a stable order.

    Links are not followed: what they lead to is either found by its own path or lies
    outside the workspace. Ignored files are not reported. There are none in a folder that is
    too wide for a workspace.
    """
    if too_wide(root):
        skipped.add(".", why_too_wide(root))
        return
    found = 0
    pending: list[tuple[str, Rules]] = [("", Rules.at_root(root))]
    while pending:
        relative, rules = pending.pop()
        folder = root / relative if relative else root
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            skipped.add(relative or ".", f"unreadable folder: {error.strerror or error}")
            continue
        names = {entry.name for entry in entries}
        if relative and "pyvenv.cfg" in names:
            continue
        rules = rules.entering(folder, relative, names)
        below: list[tuple[str, Rules]] = []
        for entry in entries:
            path = f"{relative}/{entry.name}" if relative else entry.name
            if entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in FOLDERS and not rules.ignores(path, folder=True):
                    below.append((path, rules))
                continue
            file = _file(entry, path, rules, settings, skipped)
            if file is None:
                continue
            if found >= settings.max_files:
                skipped.add("*", f"more than {settings.max_files} files (context.max_files)")
                return
            found += 1
            yield file
        pending.extend(reversed(below))


def is_watched(root: Path, path: Path) -> bool:
    """Whether one file under ``root`` would be found by :func:`walk`: no rule ignores it."""
    if too_wide(root):
        return False
    rules = Rules.at_root(root)
    relative = ""
    folder = root
    parts = path.relative_to(root).parts
    for number, part in enumerate(parts):
        names = {name for name in (".gitignore", ".assistantignore") if (folder / name).is_file()}
        rules = rules.entering(folder, relative, names)
        relative = f"{relative}/{part}" if relative else part
        folder = folder / part
        is_folder = number < len(parts) - 1
        if rules.ignores(relative, is_folder) or (is_folder and part in FOLDERS):
            return False
        if folder.is_symlink() or (is_folder and (folder / "pyvenv.cfg").exists()):
            return False
    return True


def _file(
    entry: os.DirEntry[str], path: str, rules: Rules, settings: ContextSettings, skipped: Skipped
) -> FoundFile | None:
    try:
        if not entry.is_file(follow_symlinks=False) or rules.ignores(path, folder=False):
            return None
        stat = entry.stat(follow_symlinks=False)
    except OSError:
        return None  # deleted meanwhile
    try:
        path.encode()
    except UnicodeEncodeError:
        skipped.add(os.fsencode(path).decode("utf-8", "replace"), "the name is not valid UTF-8")
        return None
    if of_path(entry.name) is None and (
        "." in entry.name or of_path(entry.name, _shebang(entry.path, stat.st_mode)) is None
    ):
        skipped.unknown[Path(entry.name).suffix.lower()] += 1
        return None
    if stat.st_size > settings.max_file_bytes:
        skipped.add(path, f"larger than {settings.max_file_bytes} bytes (context.max_file_bytes)")
        return None
    return FoundFile(path, stat.st_size, stat.st_mtime_ns)


def _shebang(path: str, mode: int) -> str:
    """The first line of an executable file without extension."""
    if not mode & 0o111:
        return ""
    try:
        with Path(path).open("rb") as file:
            return file.readline(120).decode("utf-8", "replace")
    except OSError:
        return ""
