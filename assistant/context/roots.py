"""Which folder a file's workspace is, when nobody says."""

from __future__ import annotations

import tempfile
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

OPT_IN = ".assistantignore"
_EVERYBODYS = ("/tmp", "/var/tmp", "/home", "/Users")  # noqa: S108 - never written to


def find_root(path: Path) -> Path:
    """The workspace of a file: its nearest repository, else the nearest marked project.

    Without either, the file's own folder. ``path`` need not exist; the answer is absolute,
    links resolved. The user's home folder, the file system's root and folders for temporary
    files are never taken for a workspace because of a stray marker there; for a file right in
    one of them the answer is that folder, of which nothing is indexed (:func:`too_wide`).
    """
    path = path.resolve()
    start = path if path.is_dir() else path.parent
    too_much = _wide(start)
    project = None
    for folder in [start, *start.parents]:
        if folder in too_much:
            break
        if (folder / ".git").exists() or (folder / ".hg").exists():
            return folder
        if project is None and any((folder / marker).exists() for marker in MARKERS):
            project = folder
    return project or start


def too_wide(root: Path) -> bool:
    """Whether a folder holds far more than one project: the home folder, the file system's
    root, a folder for temporary files.

    Nothing of it is indexed, unless an ``.assistantignore`` right in it shows that its owner
    means it to be. ``root`` is absolute, links resolved.
    """
    return root in _wide(root) and not (root / OPT_IN).is_file()


def _wide(path: Path) -> set[Path]:
    found = {Path.home(), Path(tempfile.gettempdir()), *map(Path, _EVERYBODYS)}
    return {Path(path.anchor), *(folder.resolve() for folder in found)}


def why_too_wide(root: Path) -> str:
    """One line that says so, and what to do."""
    return (
        f"{root} holds more than one project, nothing of it is indexed: name the project's "
        f"folder, or put an {OPT_IN} file there"
    )
