"""Run a job: plan, start, read the report, say how it ended."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import marshal
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

from assistant.errors import AssistantError
from assistant.sandbox import bubblewrap, init, seccomp, spec
from assistant.sandbox.homes import below_usr
from assistant.sandbox.interpreter import interpreter
from assistant.sandbox.language import Mount, Plan, runtimes
from assistant.sandbox.refusal import Refused
from assistant.sandbox.supervise import START_SECONDS, Raw, supervise
from assistant.sandbox.types import Job, Limits, Outcome, Status, Usage

STOPPED = "it was stopped"
TOO_BUSY = (
    f"this machine is too busy to start the sandbox within {START_SECONDS:g} s: end other work on "
    "it, or wait for it, and ask again"
)


def run(job: Job, stop: Event | None = None) -> Outcome:
    """Run ``job`` to its end, or until ``stop`` is set: then it is killed, and the reason is
    :data:`STOPPED`. Never raises for anything that a job is or does; several threads may run
    jobs at a time. No process of it is left when this returns or is interrupted."""
    try:
        if sys.platform != "linux":
            raise Refused("generated code runs only inside bubblewrap, which needs Linux")
        spec.check(job)
        plan = runtimes.get(job.language).plan(job)
        if stop is not None and stop.is_set():
            return Outcome(Status.KILLED, reason=STOPPED)
        return _outcome(job, plan, _started(job, plan, stop))
    except (Refused, AssistantError) as reason:
        return Outcome(Status.REFUSED, reason=str(reason))
    except OSError as error:
        return Outcome(Status.REFUSED, reason=f"the sandbox cannot be set up: {error}")


@contextlib.contextmanager
def stoppable() -> Iterator[Callable[[Job], Outcome]]:
    """:func:`run`, for as long as the block lasts: what still runs in another thread when it is
    left is stopped, and nothing more is started."""
    stop = Event()
    try:
        yield functools.partial(run, stop=stop)
    finally:
        stop.set()


def unavailable() -> str:
    """Why nothing can be run here and what to do about it; empty where things can."""
    try:
        return _unavailable(bubblewrap.find())
    except Refused as reason:
        return str(reason)


@functools.cache
def _unavailable(bwrap: str) -> str:
    del bwrap  # What the answer is kept under.
    outcome = run(Job("python", {"main.py": ""}, "main.py"))
    if outcome.status is Status.BUSY:
        raise Refused(outcome.reason)  # which is not kept: it passes
    return outcome.reason


def _started(job: Job, plan: Plan, stop: Event | None) -> Raw:
    """Raises Refused, OSError."""
    bwrap, root = bubblewrap.find(), bubblewrap.as_root()
    uid = bubblewrap.fresh_user(root)
    user = uid or bubblewrap.USER
    own = interpreter()
    homes = (Mount(None, str(home)) for home in below_usr())
    mounts = tuple(dict.fromkeys((*homes, *own.mounts, *plan.mounts)))
    with contextlib.ExitStack() as stack:

        def sealed(content: bytes, name: str) -> int:
            fd = spec.sealed(content, name)
            stack.callback(os.close, fd)
            return fd

        files = {
            bubblewrap.INIT: sealed(_init(), "init"),
            "/etc/passwd": sealed(bubblewrap.accounts(user), "passwd"),
            "/etc/group": sealed(f"user:x:{user}:\n".encode(), "group"),
            "/etc/hosts": sealed(b"127.0.0.1 localhost\n::1 localhost\n", "hosts"),
            "/etc/nsswitch.conf": sealed(b"passwd: files\nhosts: files\n", "nsswitch"),
            **{path: sealed(text.encode(), "text") for path, text in plan.texts.items()},
        }
        filters = sealed(seccomp.program(), "seccomp")
        written = sealed(spec.write(job, plan, uid), "spec")
        stdin = sealed(job.stdin.encode(errors="replace"), "stdin")
        room = job.limits.disk_bytes + plan.compile_bytes
        command = bubblewrap.command(bwrap, root, room, mounts, files)
        for name, value in own.env.items():
            command += ["--setenv", name, value]
        command += ["--seccomp", str(filters)]
        program = [own.program, "-I", "-S", "-B", bubblewrap.INIT, str(written)]
        longest = job.limits.wall_seconds + plan.compile_seconds
        limits = replace(job.limits, wall_seconds=longest)
        fds = [*files.values(), filters, written]
        return supervise(command, program, stdin, fds, limits, stop)


@functools.cache
def _init() -> bytes:
    """Compiled, as this Python would keep it: the one inside is the same."""
    code = compile(Path(init.__file__).read_bytes(), bubblewrap.INIT, "exec")
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)


def _outcome(job: Job, plan: Plan, raw: Raw) -> Outcome:
    """Raises Refused where nothing was started."""
    if raw.stopped:
        usage = Usage(wall_seconds=raw.seconds)
        return Outcome(Status.KILLED, reason=STOPPED, usage=usage)
    started, _, report = raw.report.partition(b"\n")
    if started != b"started" and raw.overdue:
        return Outcome(Status.BUSY, reason=TOO_BUSY, usage=Usage(wall_seconds=raw.seconds))
    if started != b"started":
        said = raw.stderr.decode(errors="replace").strip().splitlines()
        raise Refused(_advice(said[-1] if said else f"bubblewrap ended with {raw.status}"))
    line, _, rest = report.partition(b"\n")
    stdout, stderr = raw.stdout.decode(errors="replace"), raw.stderr.decode(errors="replace")
    words = line.decode(errors="replace").split(" ", 6)
    if len(words) < 7:
        why = "wall time ran out" if raw.overdue else "something outside ended the sandbox"
        status = Status.TIMEOUT if raw.overdue else Status.KILLED
        usage = Usage(wall_seconds=raw.seconds)
        return Outcome(status, None, stdout, stderr, why, usage)
    word, detail = words[0], words[6]
    code, cpu, memory, processes, wall = (int(number) for number in words[1:6])
    if word == "unfit":
        raise Refused(f"the program cannot be started: {detail}")
    usage = Usage(wall / 1e6, cpu / 1e6, memory, processes)
    status, exit_code, reason = _ending(word, code, job.limits, plan, raw.flooded)
    files = _files(rest, job.collect)
    return Outcome(status, exit_code, stdout, stderr, reason, usage, files)


def _ending(
    word: str, code: int, limits: Limits, plan: Plan, flooded: bool
) -> tuple[Status, int | None, str]:
    """Process 1's word and wait status → status, exit status, reason."""
    over = {
        "memory": f"it took more than {limits.memory_bytes >> 20} MiB of memory",
        "processes": f"it had more than {limits.processes} processes and threads",
        "files": f"it made more than {init.MAX_FILES} files",
        "sockets": f"it had more than {init.MAX_SOCKETS} sockets",
        "asked": "it ended its own sandbox",
    }
    more = f" and {plan.compile_seconds:g} s for the compiler" if plan.compile_seconds else ""
    late = {
        "wall": f"it ran longer than {limits.wall_seconds:g} s{more}",
        "cpu": f"it took more than {limits.cpu_seconds:g} s of CPU time{more}",
    }
    if flooded:
        return Status.KILLED, None, f"it wrote far more than {limits.output_bytes} bytes of output"
    if word in late:
        return Status.TIMEOUT, None, late[word]
    if word in over:
        return Status.KILLED, None, over[word]
    ended = os.waitstatus_to_exitcode(code)
    if ended == -signal.SIGXCPU:
        return Status.TIMEOUT, None, late["cpu"]
    if ended == -signal.SIGXFSZ:
        return Status.KILLED, None, f"it wrote a file of more than {limits.file_bytes} bytes"
    if ended < 0:
        return Status.KILLED, None, f"it ended by {_signal(-ended)}"
    if word == "compile":
        return Status.FAILED, ended, "it did not compile"
    return (Status.FAILED, ended, f"exit status {ended}") if ended else (Status.PASSED, 0, "")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _files(content: bytes, names: tuple[str, ...]) -> dict[str, bytes]:
    """What was collected: for each file ``index size``, a line end, the bytes. A sandbox that was
    ended meanwhile leaves a last one that is not whole; it is left out."""
    files, at = {}, 0
    while (start := content.find(b"\n", at) + 1) > 0:
        index, size = (int(number) for number in content[at:start].split())
        at = start + size
        if at > len(content):
            break
        files[names[index]] = content[start:at]
    return files


def _advice(said: str) -> str:
    """bubblewrap's own last line, with what to do where that is known."""
    if "ermission" in said or "not permitted" in said or "user namespace" in said.lower():
        return (
            f"bubblewrap may not make namespaces here ({said}): allow user namespaces "
            "(sysctl kernel.unprivileged_userns_clone=1, or "
            "kernel.apparmor_restrict_unprivileged_userns=0; in a container, --privileged)"
        )
    return f"bubblewrap did not start: {said}"
