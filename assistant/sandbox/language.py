"""What a language is to the sandbox: where its toolchain is, and how a program is run."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from assistant.registry import Registry
from assistant.sandbox.refusal import Refused
from assistant.sandbox.types import Job


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of this machine, shown read-only at ``inside``."""

    source: Path
    inside: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How a job is run: ``steps`` one after the other in the working folder, all but the last
    being the compiler's."""

    steps: tuple[tuple[str, ...], ...]
    mounts: tuple[Mount, ...] = ()
    path: tuple[str, ...] = ()
    """Folders in front of ``PATH``."""
    env: Mapping[str, str] = field(default_factory=dict)


class Runtime(Protocol):
    """A language, one file in :mod:`assistant.sandbox.languages`."""

    @property
    def name(self) -> str: ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Of its files, with the dot."""

    def plan(self, job: Job) -> Plan:
        """How to run this job here. Raises Refused, saying what to install."""


runtimes: Registry[Runtime] = Registry("assistant.sandbox.languages", "RUNTIME")


def for_file(path: Path) -> Runtime | None:
    """The language of a file, by its suffix."""
    return next((r for r in runtimes if path.suffix in r.suffixes), None)


def find(program: str, install: str) -> Path:
    """A program on ``PATH``, links followed. Raises Refused."""
    found = shutil.which(program)
    if found is None:
        raise Refused(f"{program} is not on PATH: {install}")
    return Path(found).resolve()


def mounted(prefix: Path, inside: str) -> tuple[str, tuple[Mount, ...]]:
    """Where a toolchain's folder is seen inside: as it is when under ``/usr``, which every
    sandbox has, else mounted at ``inside``. Raises Refused where that would show a home."""
    if prefix.is_relative_to("/usr"):
        return str(prefix), ()
    home = Path.home().resolve()
    if home.is_relative_to(prefix) or prefix in (Path("/"), Path("/home"), Path("/etc")):
        raise Refused(f"a toolchain installed right in {prefix} cannot be shown to a sandbox")
    return inside, (Mount(prefix, inside),)
