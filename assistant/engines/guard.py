"""Runs one command and leaves nothing of it behind, whoever dies first.

    python -m assistant.engines.guard COMMAND…      (stdin: a pipe held by the owner)

vLLM is a tree of processes that outlives its parent when the parent is killed. The guard
stands between: it is the tree's reaper, and when its stdin ends (the owner has gone, even
by SIGKILL), or it is told to stop, or the command itself ends, it ends every descendant.
Exits as the command did (128 + signal when killed by one).
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 5.0
"""Between asking the tree to end and killing it."""


def prctl(option: int, value: int) -> None:
    """Linux's prctl(2); nothing elsewhere, where the rest still holds in most cases."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose own parent dies."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_descendants(grace: float = GRACE_SECONDS) -> None:
    """Ask every descendant to end, kill those that have not after ``grace`` seconds."""
    import psutil

    me = psutil.Process()
    deadline = time.monotonic() + grace
    for process in me.children(recursive=True):
        try:
            process.terminate()
        except psutil.Error:
            continue
    while me.children(recursive=True):
        _reap()
        # Children started meanwhile are found as well: the tree is read anew every time.
        for process in me.children(recursive=True):
            try:
                if process.status() != psutil.STATUS_ZOMBIE and time.monotonic() > deadline:
                    process.kill()
            except psutil.Error:
                continue
        time.sleep(0.05)
        if time.monotonic() > deadline + GRACE_SECONDS:
            return


def _reap() -> dict[int, int]:
    """Statuses of the children that have ended, by process id."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = status


def main(argv: list[str]) -> int:
    adopt_orphans()
    stopped: list[int] = []
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _: stopped.append(got))
    signal.signal(signal.SIGCHLD, lambda *_: None)

    def before() -> None:
        # Only for when the guard itself is killed: then at least the command goes too.
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    child = subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=before
    )
    while True:
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
        if child.pid in (ended := _reap()):
            status = os.waitstatus_to_exitcode(ended[child.pid])
            end_descendants(grace=1.0)
            return status if status >= 0 else 128 - status
        if stopped or (0 in ready and not os.read(0, 4096)):
            end_descendants()
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
