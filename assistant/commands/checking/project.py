"""The user's project as a sandbox may see it: its files, with unsaved buffers and an answer's
edits in place of what is on the disk."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from assistant.context.walk import Skipped, walk
from assistant.errors import UsageError
from assistant.settings import ContextSettings
from assistant.types import Document

MOST_FILES = 1_500
MOST_BYTES = 24 << 20
"""Of all files together; a larger project is shown without what does not fit."""
LARGEST = 1 << 20
CONFIGURATION = ("pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", "package.json", "go.mod")
"""What test runners read in the root folder."""
_TESTS = {"test", "tests", "testing", "fixtures"}
"""Folders in a package from which pytest imports each file by its own name."""


@dataclass(frozen=True, slots=True)
class Project:
    """``files`` are by path relative to the folder that runs have as their working folder."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    root: Path | None = None

    @classmethod
    def of(cls, root: Path | None, documents: Sequence[Document]) -> Project:
        """Of the workspace folder ``root``, or of single files; ``documents`` win over the disk."""
        files: dict[str, bytes] = {}
        if root is not None:
            files = _read(root)
        for document in documents:
            files[relative(document.path, root)] = document.text.encode(errors="replace")
        return cls(files, root)

    def with_text(self, path: Path, text: str) -> dict[str, bytes | str]:
        """The files, with ``text`` in place of ``path``."""
        return {**self.files, relative(path, self.root): text}


def relative(path: Path, root: Path | None) -> str:
    """``path`` as runs know it."""
    if root is not None and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return path.name


def text_of(content: bytes | str) -> str:
    """A file's text; what is no UTF-8 in it is replaced."""
    return content if isinstance(content, str) else content.decode(errors="replace")


def module_of(path: str, files: Mapping[str, bytes | str]) -> tuple[str, str]:
    """A Python file's dotted module name, and the folder that it is imported from."""
    parts = path.removesuffix(".py").split("/")
    packages = [n for n in range(1, len(parts)) if "/".join([*parts[:n], "__init__.py"]) in files]
    first = len(parts) - 1
    between = parts[packages[-1] : -1] if packages else []
    if between and _is_part(path, between, files):
        # A folder without __init__.py inside a package belongs to it (PEP 420).
        first = packages[-1]
    # The topmost folder above it that is a package begins the name.
    while first > 0 and first in packages:
        first -= 1
    name = ".".join(parts[first:]).removesuffix(".__init__")
    if not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(f"{path} has no name that Python can import it by: rename it to run it")
    return name, "/".join(parts[:first])


def _is_part(path: str, between: Sequence[str], files: Mapping[str, bytes | str]) -> bool:
    """Whether folders without ``__init__.py`` below a package are meant as parts of it: not those
    of tests, nor of scripts that import what lies beside them by its bare name."""
    if _TESTS.intersection(between) or not all(map(str.isidentifier, between)):
        return False
    folder, source = path.rpartition("/")[0], text_of(files.get(path, ""))
    named = re.findall(r"^(?:from|import)[ \t]+(\w+)", source, re.MULTILINE)
    return not any(f"{folder}/{name}.py" in files for name in named)


def import_folders(folder: str) -> list[str]:
    """Where a run looks for modules, relative to its working folder: ``folder``, which the tried
    module is imported from, first."""
    return list(dict.fromkeys((folder or ".", ".", "src")))


def _read(root: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = MOST_BYTES
    sources = (found.path for found in walk(root, ContextSettings(), Skipped()))
    for name in chain(CONFIGURATION, sources):
        path = root / name
        try:
            if path.stat().st_size <= min(LARGEST, left) and len(files) < MOST_FILES:
                files[name] = path.read_bytes()
                left -= len(files[name])
        except OSError:
            continue
    return files
