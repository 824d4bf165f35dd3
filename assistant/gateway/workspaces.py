"""Where the file that a client writes in lies: in a workspace that may be read, or elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from assistant.errors import UsageError
from assistant.gateway.errors import BadRequest
from assistant.syntax import by_name

ELSEWHERE = Path("/elsewhere")
"""Where files lie that are nobody's here; nothing is read there."""
_SECTION = re.compile(r'\s*\[\s*(\w+)(?:\s+"(.*)")?\s*\]')
_URL = re.compile(r"\s*url\s*=\s*(\S+)", re.IGNORECASE)
_SCP = re.compile(r"(?:[^@/]+@)?([^:/]+):(?!//)(.+)")


@dataclass(frozen=True, slots=True)
class Place:
    """``path`` is absolute, and below ``root`` where there is one. ``root`` is an allowed
    workspace, or a folder below :data:`ELSEWHERE` that only gives a repository its name."""

    path: Path
    root: Path | None = None


class Workspaces:
    """The folders of ``gateway.workspaces``."""

    def __init__(self, folders: Sequence[str]) -> None:
        self.roots = [Path(folder).expanduser().resolve() for folder in folders]

    def place(
        self, named: str, language: str = "", git_url: str = "", workspace: Path | None = None
    ) -> Place:
        """The place of the file ``named``: a path or ``file://`` URI as its client knows it.

        It lies in ``workspace``, which must be one of these; else in the one that holds its
        absolute path; else in the one that has ``git_url`` as a remote. Only what lies in one
        of them, links followed, is ever taken for a file of this machine. Raises BadRequest.
        """
        given = Path(_path(named) or f"untitled{_ending(language)}")
        if workspace is not None:
            return self._below(workspace, workspace / given) or Place(workspace / given.name)
        if given.is_absolute():
            found = (self._below(root, given) for root in self.roots)
            return next((one for one in found if one), Place(ELSEWHERE / given.name))
        if not git_url:
            return Place(ELSEWHERE / given)
        for root in self.roots:
            repository = _repository(root)
            if repository and canonical(git_url) in _remotes(repository):
                folder = root if not named else repository
                if found_here := self._below(root, folder / given):
                    return found_here
        name = canonical(git_url).rpartition("/")[2] or "repository"
        return Place(ELSEWHERE / name / given, ELSEWHERE / name)

    def _below(self, root: Path, path: Path) -> Place | None:
        try:
            path = path.resolve()
        except (OSError, RuntimeError, ValueError):
            return None
        return Place(path, root) if path.is_relative_to(root) and path != root else None


def canonical(url: str) -> str:
    """``host/owner/name`` of a repository's address, however it is written."""
    url = url.strip()
    if "://" in url:
        try:
            parts = urlsplit(url)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return url
    elif match := _SCP.fullmatch(url):
        host, path = match[1], match[2]
    else:
        host, path = "", url
    return f"{host}/{path.strip('/').removesuffix('.git')}".strip("/").lower()


def _path(named: str) -> str:
    """Raises BadRequest for a URI that is none."""
    if not named.startswith("file://"):
        return named
    try:
        return unquote(urlsplit(named).path)
    except ValueError:
        raise BadRequest("the file's name begins like a URI, but is none") from None


def _ending(language: str) -> str:
    try:
        return next(iter(by_name(language).extensions), "")
    except UsageError:
        return ""


def _repository(folder: Path) -> Path | None:
    """The working tree that ``folder`` belongs to."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)


def _remotes(repository: Path) -> frozenset[str]:
    """Its remotes' addresses, read without running git: a repository's settings can make git
    run programs."""
    try:
        git = repository / ".git"
        if git.is_file():  # a worktree or a submodule
            git = repository / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
            common = git / "commondir"
            git = git / common.read_text(encoding="utf-8").strip() if common.exists() else git
        config = git / "config"
        return _read(config, config.stat().st_mtime_ns)
    except (OSError, UnicodeDecodeError):
        return frozenset()


@lru_cache(maxsize=64)
def _read(config: Path, changed: int) -> frozenset[str]:
    found: set[str] = set()
    inside = False
    for line in config.read_text(encoding="utf-8").splitlines():
        if section := _SECTION.match(line):
            inside = section[1].lower() == "remote"
        elif inside and (url := _URL.match(line)):
            found.add(canonical(url[1]))
    return frozenset(found)
