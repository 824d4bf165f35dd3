"""Which folder a file's workspace is, when nobody says."""

from __future__ import annotations

from pathlib import Path

MARKERS = (
    ".git",
    ".hg",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "package.json",
    "go.mod",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "composer.json",
    "Gemfile",
    "Package.swift",
    "CMakeLists.txt",
    "compile_commands.json",
)
"""What marks a workspace folder."""


def find_root(path: Path) -> Path:
    """The workspace of a file: its nearest repository, else the nearest marked project.

    Without either, the file's own folder. ``path`` need not exist; the answer is absolute,
    links resolved. The user's home folder and the file system's root are never taken for a
    workspace because of a stray marker there.
    """
    path = path.resolve()
    start = path if path.is_dir() else path.parent
    too_much = {Path.home(), Path(start.anchor)}
    project = None
    for folder in [start, *start.parents]:
        if folder in too_much:
            break
        if (folder / ".git").exists() or (folder / ".hg").exists():
            return folder
        if project is None and any((folder / marker).exists() for marker in MARKERS):
            project = folder
    return project or start
