"""The outside of a run: start bubblewrap, read what comes, end it when it must end."""

from __future__ import annotations

import contextlib
import os
import re
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event

from assistant.sandbox.refusal import Refused
from assistant.sandbox.types import Limits

CHUNK = 1 << 16
START_SECONDS = 30.0
"""Until process 1 has begun, which takes a fraction of one where processors are free."""
STOP_SECONDS = 0.1
"""Until a stop is seen."""
GRACE_SECONDS = 5.0
"""Given to process 1 to see a limit by itself and to report."""


@dataclass(slots=True)
class Stream:
    """What a pipe said: the first ``limit`` bytes, and how many there were."""

    limit: int
    kept: bytearray = field(default_factory=bytearray)
    seen: int = 0

    def take(self, chunk: bytes) -> None:
        self.seen += len(chunk)
        self.kept += chunk[: max(0, self.limit - len(self.kept))]

    @property
    def flooded(self) -> bool:
        return self.seen > 16 * self.limit + (1 << 20)


@dataclass(slots=True)
class Raw:
    """What came out of a sandbox, unread."""

    stdout: bytes
    stderr: bytes
    report: bytes
    seconds: float
    flooded: bool
    overdue: bool
    """It was ended from here because process 1 did not begin, or did not answer, in time."""
    stopped: bool
    """It was ended because somebody asked for that."""
    status: int
    """bubblewrap's own exit status."""


def supervise(
    options: Sequence[str],
    program: Sequence[str],
    stdin: int,
    fds: Sequence[int],
    limits: Limits,
    stop: Event | None = None,
) -> Raw:
    """Run bubblewrap to its end, or until ``stop`` is set. When this returns or raises, no
    process of it is left.

    ``options`` are bubblewrap's, itself first; ``program`` is process 1, which gets the
    descriptor to report to as its last argument. Raises Refused when it cannot be started.
    """
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        report, info = _pipe(stack), _pipe(stack)
        words = [*options, "--info-fd", str(info.write), "--", *program, str(report.write)]
        try:
            process = subprocess.Popen(
                words,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[*fds, info.write, report.write],
                cwd="/",
            )
        except (OSError, ValueError) as error:
            raise Refused(f"bubblewrap cannot be started: {error}") from error
        run = _Run(process, limits, selector, stop)
        try:
            for pipe in (report, info):
                pipe.close_write()
            run.read_all(report.read, info.read)
        finally:
            run.end()
    return Raw(
        bytes(run.streams["stdout"].kept),
        bytes(run.streams["stderr"].kept),
        bytes(run.streams["report"].kept),
        time.monotonic() - began,
        run.flooded,
        run.overdue,
        run.stopped,
        process.returncode,
    )


class _Pipe:
    """Both ends, until the writing one is passed on."""

    def __init__(self) -> None:
        self.read, self.write = os.pipe()

    def close_write(self) -> None:
        """May be called again."""
        if self.write >= 0:
            os.close(self.write)
            self.write = -1


def _pipe(stack: contextlib.ExitStack) -> _Pipe:
    pipe = _Pipe()
    stack.callback(os.close, pipe.read)
    stack.callback(pipe.close_write)
    return pipe


class _Run:
    """One bubblewrap and its pipes."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limits: Limits,
        selector: selectors.BaseSelector,
        stop: Event | None,
    ) -> None:
        self.process = process
        self.limits = limits
        self.stop = stop
        self.init: int | None = None
        self.flooded = self.overdue = self.stopped = False
        self.started = self.done = False
        self.deadline = time.monotonic() + START_SECONDS
        out = limits.output_bytes
        self.streams = {
            "stdout": Stream(out),
            "stderr": Stream(out),
            "report": Stream(limits.disk_bytes + (1 << 20)),
            "info": Stream(1 << 16),
        }
        self.selector = selector

    def read_all(self, report: int, info: int) -> None:
        """Read until every pipe has ended, which they do when every process has, or until it is
        to stop."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        pipes = (self.process.stdout.fileno(), self.process.stderr.fileno(), report, info)
        for pipe, name in zip(pipes, self.streams, strict=True):
            self.selector.register(pipe, selectors.EVENT_READ, name)
        while self.selector.get_map():
            left = self.deadline - time.monotonic()
            if left <= 0 and not self.overdue:
                self.overdue, self.deadline = True, time.monotonic() + START_SECONDS
                self._kill()
            elif left <= 0:
                return
            if self.stop is not None:
                self.stopped = self.stop.is_set()
                left = min(left, STOP_SECONDS)
            if self.stopped:
                return
            for key, _ in self.selector.select(max(0.0, left)):
                chunk = os.read(key.fd, CHUNK)
                self._take(str(key.data), chunk)
                if not chunk:
                    self.selector.unregister(key.fd)
        self.done = True

    def _drain(self) -> None:
        """Wait until nobody holds a pipe any more."""
        deadline = time.monotonic() + GRACE_SECONDS
        while self.selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                if not os.read(key.fd, CHUNK):
                    self.selector.unregister(key.fd)

    def _take(self, name: str, chunk: bytes) -> None:
        stream = self.streams[name]
        stream.take(chunk)
        if name == "info":
            self._meet(bytes(stream.kept))
        elif name == "report" and not self.started:
            self.started = bytes(stream.kept).startswith(b"started\n")
            if self.started:
                self.deadline = time.monotonic() + self.limits.wall_seconds + GRACE_SECONDS
        elif stream.flooded and not self.flooded:
            # Process 1 ends the rest, collects and reports, as for any limit of its own.
            self.flooded, self.deadline = True, time.monotonic() + GRACE_SECONDS
            self._signal(signal.SIGTERM)

    def _meet(self, said: bytes) -> None:
        """Process 1 of the sandbox, by a descriptor that no other process can take over."""
        found = re.search(rb'"child-pid":\s*(\d+)', said)
        if found and self.init is None:
            with contextlib.suppress(OSError):
                self.init = os.pidfd_open(int(found.group(1)))

    def _signal(self, number: signal.Signals) -> None:
        if self.init is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.init, number)

    def _kill(self) -> None:
        """End process 1: the kernel ends its namespace with it, and bubblewrap follows."""
        if self.init is None:
            # Not met yet: --die-with-parent ends what there is.
            self.process.kill()
        self._signal(signal.SIGKILL)

    def end(self) -> None:
        """Make sure that nothing of it is left, and close everything."""
        if not self.done:
            self._kill()
            self._drain()
        try:
            self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.init is not None:
            # Readable once process 1 is gone, which waits for all others of its namespace.
            poll = select.poll()
            poll.register(self.init, select.POLLIN)
            poll.poll(GRACE_SECONDS * 1000)
            os.close(self.init)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
