"""A job checked and written down for process 1 of the sandbox."""

from __future__ import annotations

import fcntl
import marshal
import math
import os
import platform
from dataclasses import asdict

from assistant.sandbox.language import Plan
from assistant.sandbox.refusal import Refused
from assistant.sandbox.types import Job, Limits

ENV = {"LANG": "C.UTF-8", "HOME": "/tmp/home", "TMPDIR": "/tmp"}  # noqa: S108
PATH = ("/usr/local/bin", "/usr/bin", "/bin")
SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
MAX_NAMES = 2_000


def check(job: Job) -> None:
    """Raises Refused for a job that cannot be laid out."""
    names = [*job.files, *job.collect]
    if len(names) > MAX_NAMES:
        raise Refused(f"{len(names)} files: give at most {MAX_NAMES}")
    for name in names:
        parts = name.split("/")
        bad = not name or "\0" in name or name.startswith("/") or {"", ".", ".."} & set(parts)
        if bad or len(name.encode(errors="replace")) > 1000:
            raise Refused(f"{name[:80]!r} is not a relative path of the working folder")
    if job.entry not in job.files:
        raise Refused(f"the entry {job.entry[:80]!r} is not among the files")
    if job.entry.startswith("-"):
        raise Refused(f"the entry {job.entry[:80]!r} reads like an option: rename it")
    if any("\0" in text for text in (*job.arguments, *job.env, *job.env.values())):
        raise Refused("an argument or environment value has a NUL in it")
    if any("=" in name or not name for name in job.env):
        raise Refused("a name of the environment is empty or has an = in it")
    for what, value in asdict(job.limits).items():
        if not (math.isfinite(value) and value > 0):
            raise Refused(f"limits.{what} is {value}: give a positive number")
    size = sum(len(_bytes(content)) for content in job.files.values())
    if size > job.limits.disk_bytes:
        raise Refused(f"the files take {size} bytes, limits.disk_bytes is {job.limits.disk_bytes}")


def sealed(content: bytes, name: str) -> int:
    """A read-only file in memory, at its start: its descriptor. The caller closes it."""
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with os.fdopen(fd, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(fd, 0, os.SEEK_SET)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, SEALS)
    except BaseException:
        os.close(fd)
        raise
    return fd


def write(job: Job, plan: Plan, uid: int) -> bytes:
    """The specification that :mod:`assistant.sandbox.init` reads. ``uid`` 0: stay who you are."""
    limits = job.limits
    env = {**ENV, "PATH": ":".join((*plan.path, *PATH)), **plan.env, **job.env}
    return marshal.dumps(
        {
            "uid": uid,
            "files": [(_name(n), _bytes(content)) for n, content in job.files.items()],
            "collect": [_name(n) for n in job.collect],
            "steps": [[_name(word) for word in step] for step in plan.steps],
            "env": {_name(k): _name(v) for k, v in env.items()},
            "limits": {
                "compile": plan.compile_seconds,
                "wall": limits.wall_seconds,
                "cpu": limits.cpu_seconds,
                "memory": limits.memory_bytes,
                "processes": limits.processes,
                "file": limits.file_bytes,
                "disk": limits.disk_bytes,
            },
            "steps_back": job.steps_back,
            "rlimits": _rlimits(limits, own_user=uid != 0),
        }
    )


def _rlimits(limits: Limits, own_user: bool) -> list[tuple[str, int]]:
    """What the kernel itself holds, of each process; it acts between two looks of the watch."""
    rlimits = [
        ("RLIMIT_CPU", math.ceil(limits.cpu_seconds) + 1),
        ("RLIMIT_FSIZE", limits.file_bytes),
        ("RLIMIT_DATA", limits.memory_bytes),
        ("RLIMIT_STACK", min(8 << 20, limits.memory_bytes)),
        ("RLIMIT_NOFILE", 512),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_MEMLOCK", 64 << 10),
        ("RLIMIT_MSGQUEUE", 0),
        ("RLIMIT_SIGPENDING", 1024),
        # Where this machine lets its users have real-time priority: process 1 must have its turn.
        ("RLIMIT_RTPRIO", 0),
        ("RLIMIT_NICE", 0),
    ]
    # With a user of its own the count is the sandbox's; in a user namespace it is since 5.14
    # (before, of everything that this user runs), and process 1 is one of them.
    if own_user:
        rlimits.append(("RLIMIT_NPROC", limits.processes))
    elif _kernel() >= (5, 14):
        rlimits.append(("RLIMIT_NPROC", limits.processes + 1))
    return rlimits


def _kernel() -> tuple[int, ...]:
    return tuple(int(n) for n in platform.release().split("-")[0].split(".")[:2] if n.isdigit())


def _bytes(content: str | bytes) -> bytes:
    return content.encode(errors="replace") if isinstance(content, str) else content


def _name(text: str) -> str:
    """Without halves of surrogate pairs, which no path or argument can hold."""
    return text.encode(errors="replace").decode()
