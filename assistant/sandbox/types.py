"""What goes into the sandbox and what comes out of it. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Status(StrEnum):
    """How a run ended."""

    PASSED = "passed"
    """Exit status 0."""
    FAILED = "failed"
    """Another exit status, or it did not compile."""
    TIMEOUT = "timeout"
    """Wall time or CPU time ran out."""
    KILLED = "killed"
    """Ended by a signal, or for going over another limit; ``Outcome.reason`` says which."""
    REFUSED = "refused"
    """It was not run: no bubblewrap, no toolchain, a bad job. ``Outcome.reason`` says what
    to do."""
    BUSY = "busy"
    """It was not run: the machine did not start the sandbox in time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Each holds for the whole process tree of a run, a compiler's included, unless it says
    otherwise. Where a compiler needs much for itself (Go), its language adds disk and time for
    it: ``compile_bytes`` and ``compile_seconds`` of :class:`assistant.sandbox.language.Plan`."""

    wall_seconds: float = 10.0
    cpu_seconds: float = 10.0
    memory_bytes: int = 1 << 30
    processes: int = 64
    """Processes and threads at a time."""
    file_bytes: int = 16 << 20
    """Of one file."""
    disk_bytes: int = 64 << 20
    """Of everything written together; it lives in memory."""
    output_bytes: int = 1 << 20
    """Of stdout and of stderr, each; what comes after is not kept."""


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """A Python with what is installed for it; :mod:`assistant.sandbox.environments` finds one.

    ``base`` is the folder that its interpreter belongs to (``bin/python3.11`` and
    ``lib/python3.11`` are below it), ``version`` is like ``3.11``. ``packages`` is the
    site-packages folder of a virtual environment, None where programs see what is installed in
    ``base`` itself; ``system`` says whether they see both. Both are absolute, with links followed.
    ``editable`` are folders of the working folder that it imports from, by relative path.
    """

    name: str
    """As people know it."""
    version: str
    base: Path
    packages: Path | None = None
    system: bool = False
    editable: tuple[str, ...] = ()
    lent: bool = False
    """Whether it is the assistant's, for want of one of the project."""
    advice: str = ""
    """What to do about a module that is not there."""


@dataclass(frozen=True, slots=True)
class Job:
    """A program to run.

    ``language`` is a name from :mod:`assistant.sandbox.languages`. ``files`` are laid out in
    a fresh working folder, by relative path; ``entry`` names the one that is started, with
    ``arguments``. ``collect`` names files of the working folder to bring back.
    ``python`` is what a Python program runs with and imports from (read-only); without one
    there is the standard library only. ``env`` is all the environment that it sees beside
    ``PATH``, ``HOME``, ``LANG`` and ``TMPDIR``. ``steps_back``: it takes what others leave of the
    processors, so that an editor's completion beside it stays quick.
    """

    language: str
    files: Mapping[str, str | bytes]
    entry: str
    arguments: tuple[str, ...] = ()
    stdin: str = ""
    limits: Limits = field(default_factory=Limits)
    collect: tuple[str, ...] = ()
    python: PythonEnvironment | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    steps_back: bool = True
    packages: tuple[Path, ...] = ()
    """What is installed on this machine and a program of another language imports from, read-only:
    for Node.js a ``node_modules`` folder, for Go the module cache, for Java jars."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run took, of its whole process tree. ``memory_bytes`` and ``processes`` are
    peaks as far as they were seen."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    processes: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. ``exit_code`` is None when it did not end by itself; ``files`` holds
    those of ``Job.collect`` that exist."""

    status: Status
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    reason: str = ""
    """One line for people; empty when ``passed``."""
    usage: Usage = field(default_factory=Usage)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def was_run(self) -> bool:
        """Whether it says anything about the program."""
        return self.status not in (Status.REFUSED, Status.BUSY)
