"""Ignore files: ``.gitignore`` and ``.assistantignore`` at every level, ``.git/info/exclude``."""

from __future__ import annotations

from pathlib import Path

from pathspec import GitIgnoreSpec

FILES = (".gitignore", ".assistantignore")

FOLDERS = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".jj",
        "node_modules",
        "__pycache__",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".gradle",
        ".terraform",
    }
)
"""Never entered, whatever the ignore files say."""


class Rules:
    """The rules in force in one folder. Paths are relative to the workspace, with ``/``."""

    def __init__(self, specs: tuple[tuple[str, GitIgnoreSpec], ...] = ()) -> None:
        self._specs = specs

    @classmethod
    def at_root(cls, root: Path) -> Rules:
        """The rules above ``root``, when it lies inside a repository that does not ignore it."""
        tops = [f for f in [root, *root.parents] if (f / ".git").exists()]
        if not tops:
            return cls()
        top = tops[0]
        specs: list[tuple[str, GitIgnoreSpec]] = []
        exclude = _read(top / ".git" / "info" / "exclude")
        inside = root.relative_to(top).as_posix()
        if exclude is not None:
            specs.append((inside, exclude))
        folder = top
        for part in root.relative_to(top).parts:
            found = [s for name in FILES if (s := _read(folder / name)) is not None]
            specs.extend((root.relative_to(folder).as_posix(), spec) for spec in found)
            folder = folder / part
        above = cls(tuple(("" if p == "." else f"{p}/", spec) for p, spec in specs))
        # Somebody who opens a folder that its repository ignores wants that folder.
        return cls() if above.ignores("", True) else above

    def entering(self, folder: Path, relative: str, names: set[str]) -> Rules:
        """The rules inside ``folder``, which holds entries of those ``names``."""
        found = [
            spec for name in FILES if name in names and (spec := _read(folder / name)) is not None
        ]
        if not found:
            return self
        # A minus sign: what comes before the path that this spec sees is cut, not added.
        base = f"-{relative}/" if relative else ""
        return Rules((*self._specs, *((base, spec) for spec in found)))

    def ignores(self, relative: str, folder: bool) -> bool:
        """Whether the file or folder is ignored; the deepest rule that speaks decides."""
        end = "/" if folder else ""
        for base, spec in reversed(self._specs):
            path = relative[len(base) - 1 :] if base[:1] == "-" else base + relative
            if not path.strip("/"):
                continue
            verdict = spec.check_file(path.rstrip("/") + end).include
            if verdict is not None:
                return verdict
        return False


def _read(path: Path) -> GitIgnoreSpec | None:
    """The patterns of one file; None when there is none. Lines that are no pattern are left
    out: a broken ignore file must not stop the index."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    patterns = [line for line in lines if line.strip() and not line.startswith("#")]
    if not patterns:
        return None
    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError:
        return GitIgnoreSpec.from_lines([line for line in patterns if _valid(line)])


def _valid(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
