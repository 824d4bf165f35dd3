"""Source archives: checked, and unpacked without trusting them."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from assistant.errors import AssistantError

MOST_BYTES = 200 * 1000 * 1000
MOST_MEMBERS = 20_000
BUILT = frozenset({"build", "dist"})
"""Folders that a repository would ignore; they hold compiled copies of its sources."""


class ArchiveError(AssistantError):
    """An archive is not the one that was pinned, or not fit to unpack."""


def verify(archive: Path, sha256: str) -> None:
    """Raises ArchiveError."""
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise ArchiveError(f"{archive.name} has sha256 {found}, not the pinned {sha256}")


def unpack(archive: Path, target: Path) -> None:
    """The archive's one top folder as ``target``, in place of what is there; no links, devices,
    or paths that lead out of it (PEP 706). Raises ArchiveError."""
    made = Path(tempfile.mkdtemp(dir=target.parent, prefix="unpacking-"))
    try:
        with tarfile.open(archive, "r:gz") as tar:
            members = _wanted(archive.name, tar)
            tar.extractall(made, members=members, filter="data")
        tops = list(made.iterdir())
        if len(tops) != 1 or not tops[0].is_dir():
            raise ArchiveError(f"{archive.name} has not one folder at its top")
        shutil.rmtree(target, ignore_errors=True)
        tops[0].rename(target)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ArchiveError(f"{archive.name} cannot be unpacked: {error}") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _wanted(name: str, tar: tarfile.TarFile) -> list[tarfile.TarInfo]:
    wanted: list[tarfile.TarInfo] = []
    size = 0
    for number, member in enumerate(tar):
        size += member.size
        if size > MOST_BYTES or number >= MOST_MEMBERS:
            raise ArchiveError(f"{name} unpacks to more than {MOST_BYTES // 1_000_000} MB")
        if member.isfile() and BUILT.isdisjoint(PurePosixPath(member.name).parts[1:-1]):
            wanted.append(member)
    return wanted
