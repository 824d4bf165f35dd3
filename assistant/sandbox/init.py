"""Process 1 of a sandbox: lays out the files, runs the steps, watches, counts, reports.

Runs inside, started by bubblewrap with the sandbox's own Python, and imports nothing of this
project: ``python init.py SPEC_FD REPORT_FD``. What it runs cannot reach it: process 1 takes no
signal that it does not ask for, it belongs to another user (as root) or cannot be dumped (else),
and when it ends the kernel ends every other process of the sandbox.

The specification is what :mod:`assistant.sandbox.spec` writes. The report is text:
``started``, then one line ``word code cpu_us memory processes wall_us detail``, then for each
collected file ``index size`` and its bytes. ``code`` is an exit status of ``os.waitpid``.
"""

from __future__ import annotations

import marshal
import os
import resource
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from typing import Any, NoReturn
else:
    # Without enum, functools and re, which take longer to import than the rest takes to run.
    import _signal as signal

WORK = "/tmp/work"  # noqa: S108 - the sandbox's own
HOME = "/tmp/home"  # noqa: S108
INTERVAL = 0.015
NICE = 15
ATTEMPTS = 8
MAX_FILES = 20_000
"""Files, folders and links: each takes memory of the kernel that no quota counts."""
MAX_SOCKETS = 256
"""Each may hold some 400 KiB of the kernel's memory, unread."""
WAKERS = {signal.SIGCHLD, signal.SIGTERM}
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


class Watch:
    """Counts the process tree, all processes but this one."""

    def __init__(self, limits: dict[str, Any]) -> None:
        self.limits = limits
        self.memory = self.processes = 0
        self.cpu = 0.0
        self.ticks: dict[tuple[str, str], int] = {}
        """Of each process ever seen, by its id and start: those whose parent does not care for
        its children's ends are in nobody's sum afterwards."""
        self.began = time.monotonic()
        self.free_wall = self.free_cpu = limits["compile"]
        """Seconds that are not counted: the compiler's."""

    def compiled(self) -> None:
        """The program comes next: what the compiler has left of its time is not for it."""
        self.free_wall = min(self.free_wall, time.monotonic() - self.began)
        self.free_cpu = min(self.free_cpu, self.cpu)

    def look(self) -> str:
        """One sample. The limit that the tree is over, or nothing."""
        pids, pages, threads, ticks = [], 0, 0, 0
        limit = self.limits["memory"]
        for name in os.listdir("/proc"):  # noqa: PTH208
            if not name.isdigit() or name == "1":
                continue
            fields = _stat(name)
            if fields:
                pids.append(name)
                ticks += sum(int(f) for f in fields[11:15])
                self.ticks[name, fields[19]] = int(fields[11]) + int(fields[12])
                threads += int(fields[17])
                pages += int(fields[21])
                if int(fields[20]) > 4 * limit:
                    pages += _tables(name)
        own = resource.getrusage(resource.RUSAGE_CHILDREN)
        seen = sum(self.ticks.values()) / TICKS
        self.cpu = max(self.cpu, seen, ticks / TICKS + own.ru_utime + own.ru_stime)
        memory = pages * PAGE
        if memory > limit and len(pids) > 1:
            memory = sum(_proportional(pid) for pid in pids)
        self.memory = max(self.memory, memory)
        self.processes = max(self.processes, threads)
        return self._over(memory, threads)

    def _over(self, memory: int, threads: int) -> str:
        if memory > self.limits["memory"]:
            return "memory"
        if threads > self.limits["processes"]:
            return "processes"
        if self.cpu - self.free_cpu > self.limits["cpu"]:
            return "cpu"
        if time.monotonic() - self.began - self.free_wall > self.limits["wall"]:
            return "wall"
        disk = os.statvfs("/tmp")  # noqa: S108
        if disk.f_files - disk.f_ffree > MAX_FILES:
            return "files"
        return "sockets" if _sockets() > MAX_SOCKETS else ""


def _stat(pid: str) -> list[str]:
    """The fields of ``/proc/PID/stat`` from the third, the state, on. See proc(5)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib is slow to import
            return file.read().rpartition(b")")[2].decode().split()
    except OSError:
        return []


def _sockets() -> int:
    """How many there are in this network namespace: ``sockets: used 3``."""
    with open("/proc/net/sockstat", "rb") as file:  # noqa: PTH123
        return int(file.readline().split()[2])


def _tables(pid: str) -> int:
    """Pages of page tables. Reading far apart in a mapping takes them and nothing else; below
    four times the memory limit of addresses they are at most a hundredth of it."""
    return _kilobytes(f"/proc/{pid}/status", b"VmPTE:") * 1024 // PAGE


def _kilobytes(path: str, field: bytes) -> int:
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            for line in file:
                if line.startswith(field):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def _proportional(pid: str) -> int:
    """Bytes of memory, with what processes share counted once, over all of them."""
    shared = _kilobytes(f"/proc/{pid}/smaps_rollup", b"Pss:")
    fields = _stat(pid)
    if not fields:
        return 0
    tables = _tables(pid) * PAGE if int(fields[20]) > 1 << 30 else 0
    return (shared * 1024 or int(fields[21]) * PAGE) + tables


def main() -> None:
    """See the module."""
    spec_fd, report = int(sys.argv[1]), int(sys.argv[2])
    for fd in os.listdir("/proc/self/fd"):  # noqa: PTH208
        if int(fd) > 2:
            _keep_from_children(int(fd))
    with os.fdopen(spec_fd, "rb") as file:
        spec = marshal.load(file)  # noqa: S302 - written by the trusted side
    if not spec["uid"]:
        _hide()
    for ignored in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, WAKERS)
    if spec["steps_back"]:
        _step_back()
    os.write(report, b"started\n")
    os.umask(0o022)
    watch = Watch(spec["limits"])
    word, code, detail = "ended", 0, ""
    for number, step in enumerate(spec["steps"]):
        last = number == len(spec["steps"]) - 1
        if last:
            watch.compiled()
        word, code, detail = _run(spec, step, watch, first=number == 0, last=last)
        if word != "ended" or code:
            word = "compile" if word == "ended" and not last else word
            break
    wall = time.monotonic() - watch.began
    _end_all()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The sum of the kernel leaves out those whose parent does not care for their ends.
    cpu = max(watch.cpu, used.ru_utime + used.ru_stime)
    memory = max(watch.memory, used.ru_maxrss * 1024)
    numbers = (code, int(cpu * 1e6), memory, max(1, watch.processes), int(wall * 1e6))
    os.write(report, f"{word} {' '.join(map(str, numbers))} {detail}\n".encode())
    _become(spec["uid"])
    _collect(spec, report)


def _step_back() -> None:
    """Take little of the processors when others want them: an engine with one thread a core waits
    in every layer for the one that was put off. Where the kernel groups processes by session, a
    process's own nice value counts within its group only (sched(7))."""
    for _ in range(ATTEMPTS):
        try:
            with open("/proc/self/autogroup", "w") as file:  # noqa: PTH123
                file.write(str(NICE))
        except BlockingIOError:  # the kernel lets one program in a tenth of a second do this
            time.sleep(0.05)
        except OSError:
            return  # a kernel without groups, or one that asks for more rights
        else:
            return


def _run(
    spec: dict[str, Any], step: list[str], watch: Watch, *, first: bool, last: bool
) -> tuple[str, int, str]:
    """Start one step and watch it to its end: a word, its wait status, a detail."""
    fault_read, fault_write = os.pipe()
    child = os.fork()
    if child == 0:
        _start(spec, step, fault_write, first=first, last=last)
    os.close(fault_write)
    with os.fdopen(fault_read, "rb") as pipe:
        fault = pipe.read(500).decode(errors="replace")
    status: int | None = None
    while True:
        status = _reap(child, status)
        if fault:
            return "unfit", 0, fault
        if status is not None:
            return "ended", status, ""
        over = watch.look()
        if over:
            return over, 0, ""
        woken = signal.sigtimedwait(WAKERS, INTERVAL)
        if woken is not None and woken.si_signo == signal.SIGTERM:
            return "asked", 0, ""


def _reap(child: int, status: int | None) -> int | None:
    """Collect every process that has ended; the status of ``child`` once it is among them."""
    while True:
        try:
            pid, ended = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if pid == 0:
            return status
        if pid == child:
            status = ended


def _start(
    spec: dict[str, Any], step: list[str], fault: int, *, first: bool, last: bool
) -> NoReturn:
    """In the child: give up rights, lay out files, take limits, become the program."""
    try:
        _become(spec["uid"])
        if first:
            _lay_out(spec["files"])
        if not last:
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.chdir(WORK)
        if spec["steps_back"]:
            os.nice(NICE)
        for name, value in spec["rlimits"]:
            number = getattr(resource, name)
            if name == "RLIMIT_CPU" and not last:
                value += int(spec["limits"]["compile"])
            hard = resource.getrlimit(number)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(number, (value, value))
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execvpe(step[0], step, spec["env"])  # noqa: S606
    except BaseException as error:  # noqa: BLE001 - this process must never return
        os.write(fault, f"{type(error).__name__}: {error}".replace("\n", " ").encode()[:500])
    os._exit(127)


def _become(uid: int) -> None:
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)


def _lay_out(files: list[tuple[str, bytes]]) -> None:
    os.mkdir(HOME)  # noqa: PTH102
    os.mkdir(WORK)  # noqa: PTH102
    for name, content in files:
        path = f"{WORK}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "xb") as file:  # noqa: PTH123
            file.write(content)


def _end_all() -> None:
    """End every process but this one, and wait until it is so."""
    while True:
        try:  # noqa: SIM105 - contextlib is slow to import
            os.kill(-1, signal.SIGKILL)
        except OSError:
            pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _collect(spec: dict[str, Any], report: int) -> None:
    """Send the named files. Nothing else runs any more, so what is looked at stays as it is."""
    room = spec["limits"]["disk"]
    for index, name in enumerate(spec["collect"]):
        content = _read(name, spec["limits"]["file"])
        if content is not None and len(content) <= room:
            room -= len(content)
            _write(report, f"{index} {len(content)}\n".encode() + content)


def _read(name: str, limit: int) -> bytes | None:
    """A regular file under the working folder, reached by no symbolic link, or None."""
    folder = os.open("/tmp", os.O_PATH | os.O_DIRECTORY)  # noqa: S108
    *parents, last = name.split("/")
    try:
        for parent in (os.path.basename(WORK), *parents):  # noqa: PTH119
            flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW
            above, folder = folder, os.open(parent, flags, dir_fd=folder)
            os.close(above)
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        with os.fdopen(os.open(last, flags, dir_fd=folder), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
                return None
            return file.read()
    except OSError:
        return None
    finally:
        os.close(folder)


def _write(fd: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]


def _keep_from_children(fd: int) -> None:
    try:  # noqa: SIM105
        os.set_inheritable(fd, False)
    except OSError:
        pass


def _hide() -> None:
    """Where the program runs as the same user: keep its hands off this process's /proc."""
    import ctypes

    pr_set_dumpable = 4
    if ctypes.CDLL(None).prctl(pr_set_dumpable, 0, 0, 0, 0) != 0:
        raise OSError("prctl(PR_SET_DUMPABLE) failed")


if __name__ == "__main__":
    main()
