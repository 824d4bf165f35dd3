"""What a language is to the sandbox: where its toolchain is, and how a program is run."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from assistant.registry import Registry
from assistant.sandbox.homes import USR, homes
from assistant.sandbox.refusal import Refused
from assistant.sandbox.types import Job

COMMON = ("/", "/etc", "/home", "/media", "/mnt", "/opt", "/run", "/srv", "/tmp", "/var")  # noqa: S108
"""Where anything lies (hier(7))."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of this machine, shown read-only at ``inside``; without a ``source``,
    an empty folder over the one that is there."""

    source: Path | None
    inside: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How a job is run: ``steps`` one after the other in the working folder, all but the last
    being the compiler's.

    ``compile_bytes`` of disk and ``compile_seconds`` of wall and of CPU time are the compiler's,
    on top of the job's limits: where it builds its own library first, that is not the program's
    doing. Time that it leaves is nobody's; disk that it leaves is the program's.
    """

    steps: tuple[tuple[str, ...], ...]
    mounts: tuple[Mount, ...] = ()
    path: tuple[str, ...] = ()
    """Folders in front of ``PATH``."""
    env: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    """Small files of ours, by their path inside."""
    compile_bytes: int = 0
    compile_seconds: float = 0.0


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


def shown(path: Path) -> bool:
    """Whether every sandbox has it: what is under ``/usr`` and in nobody's home."""
    return path.is_relative_to(USR) and not any(path.is_relative_to(home) for home in homes())


def mounted(prefix: Path, inside: str, parts: Iterable[str]) -> tuple[str, tuple[Mount, ...]]:
    """Where a toolchain's folder is seen inside: where it is if every sandbox has it, else
    at ``inside``, and then only ``parts`` of it, by relative paths; those that are not there are
    left out. What else the folder holds is anybody's: a toolchain may lie in ``~/.local``."""
    if shown(prefix):
        return str(prefix), ()
    there = [part for part in dict.fromkeys(parts) if (prefix / part).exists()]
    return inside, tuple(Mount(prefix / part, f"{inside}/{part}") for part in there)


def alone(prefix: Path, marks: Iterable[str], toolchain: str) -> None:
    """For a toolchain that needs whole folders, such as ``lib``. Raises Refused where one of
    ``marks``, which it has, is not in ``prefix``, or where others keep their files there too;
    not where every sandbox shows them."""
    if shown(prefix):
        return
    if any(not (prefix / mark).exists() for mark in marks):
        raise Refused(
            f"{prefix} holds no whole {toolchain}: put the bin folder of its own installation "
            "first on PATH"
        )
    above = any(home.is_relative_to(prefix) for home in homes())
    home = prefix.parent == Path("/home").resolve()
    if above or home or str(prefix) in COMMON or prefix.name == ".local":
        raise Refused(
            f"{prefix} holds more than {toolchain}, which a sandbox would show: install "
            f"{toolchain} in a folder of its own"
        )


@functools.cache
def libraries(program: Path, prefix: Path, modules: Path | None = None) -> tuple[str, ...]:
    """The shared libraries in ``prefix`` that a program loads, and those that Python's extension
    modules in the folder ``modules`` load, by relative paths; none if every sandbox has them.

    Asked of the loader (ld.so(8)), which then starts nothing; musl's starts ``--version``.
    """
    if shown(prefix):
        return ()
    more = sorted(modules.glob("*.so")) if modules else ()
    # By relative paths: colons and spaces would part them.
    preload = ":".join(f"./{path.name}" for path in more)
    answer = subprocess.run(
        [program, "--version"],
        env={**os.environ, "LD_TRACE_LOADED_OBJECTS": "1", "LD_PRELOAD": preload},
        cwd=modules if more else None,
        capture_output=True,
        check=False,
    )
    said = answer.stdout.decode(errors="surrogateescape")
    paths = [Path(path) for path in re.findall(r"=> (/.*) \(0x", said)]
    # A library's own link is kept: its target has another name than what is asked for.
    found = dict.fromkeys(path.parent.resolve() / path.name for path in paths)
    return tuple(str(p.relative_to(prefix)) for p in found if p.is_relative_to(prefix))
