"""The system calls that a program in the sandbox may not make.

Everything else is allowed: toolchains need much, and namespaces hold what matters. Denied is
what reaches other processes, makes namespaces, gets at rarely used parts of the kernel, or takes
memory that belongs to no process and no sized file system, where no limit would count it. After
Docker's default profile (github.com/moby/profiles, seccomp/default.json).
"""

from __future__ import annotations

import errno
import functools
import mmap
import os
import socket
from collections.abc import Callable
from types import ModuleType

from assistant.sandbox.refusal import Refused

DENIED = (
    # Other processes.
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease"),
    *("pidfd_getfd", "kcmp", "migrate_pages", "move_pages", "perf_event_open"),
    # Namespaces and mounts.
    *("unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot", "open_tree"),
    *("move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"),
    "open_tree_attr",
    # The kernel and the machine.
    *("bpf", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("kexec_load", "kexec_file_load", "reboot", "init_module", "finit_module", "delete_module"),
    *("swapon", "swapoff", "quotactl", "quotactl_fd", "acct", "syslog", "settimeofday"),
    *("clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "iopl"),
    *("ioperm", "modify_ldt", "personality", "nfsservctl", "vhangup", "lookup_dcookie"),
    *("name_to_handle_at", "open_by_handle_at", "fanotify_init"),
    # Memory and objects that outlive a process or are counted nowhere.
    *("add_key", "request_key", "keyctl", "shmget", "shmat", "shmctl", "msgget", "msgsnd"),
    *("semget", "mq_open", "memfd_secret"),
)
ABSENT = ("clone3", "memfd_create")
"""These look as if the kernel had none: callers then take an older way, which can be judged
(the flags of clone3 are behind a pointer)."""

UNKNOWN = -1
NEWER = "install libseccomp 2.5 or later"
NUMBERS = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "clone3": 435,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "memfd_secret": 447,
    "process_mrelease": 448,
    "open_tree_attr": 467,
}
"""Of calls that an older libseccomp has no name for: from 424 on all architectures share them
(the kernel's scripts/syscall.tbl)."""
CLONE_NEW = (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
SOCKETS = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
"""ioctls that put keystrokes into a terminal."""
OTHERS = ("sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")


@functools.cache
def program() -> bytes:
    """The filter as the kernel's BPF, for ``bwrap --seccomp``. Raises Refused."""
    try:
        import pyseccomp as seccomp
    except ImportError as error:
        raise Refused("the sandbox needs pyseccomp: `pip install pyseccomp`") from error
    except (OSError, RuntimeError) as error:
        raise Refused(
            "the sandbox needs libseccomp: install it (Debian: `apt install libseccomp2`)"
        ) from error
    rules = seccomp.SyscallFilter(defaction=seccomp.ALLOW)
    no = seccomp.ERRNO(errno.EPERM)

    def deny(action: int, name: str, *arguments: object) -> None:
        found = number(seccomp, name)
        if found is not None:
            rules.add_rule(action, found, *arguments)

    try:
        for name in DENIED:
            deny(no, name)
        for name in ABSENT:
            deny(seccomp.ERRNO(errno.ENOSYS), name)
        _deny_by_argument(seccomp, deny)
        return _exported(rules)
    except (OSError, ValueError) as error:
        raise Refused(f"libseccomp takes no such filter ({error}): {NEWER}") from error


def number(seccomp: ModuleType, name: str) -> int | None:
    """A system call's; None where this architecture has none of that name. Raises Refused where
    libseccomp knows too little to say."""
    found: int = seccomp.resolve_syscall(seccomp.system_arch(), name)
    if found == UNKNOWN:
        if name not in NUMBERS:
            raise Refused(f"libseccomp does not know {name}: {NEWER}")
        return NUMBERS[name]
    # Below that are libseccomp's own numbers for calls of other architectures.
    return found if found >= 0 else None


def _deny_by_argument(seccomp: ModuleType, deny: Callable[..., None]) -> None:
    """Calls of which only some uses are denied."""
    no, low = seccomp.ERRNO(errno.EPERM), 0xFFFFFFFF
    for flag in CLONE_NEW:
        deny(no, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    for request in (TIOCSTI, TIOCLINUX):
        deny(no, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, low, request))
    # Shared anonymous memory stays when a process drops its pages (MADV_DONTNEED) and is then
    # in no process's count. Named shared memory lies in /tmp, which is sized.
    shared = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS
    deny(no, "mmap", seccomp.Arg(3, seccomp.MASKED_EQ, shared, shared))
    # Netlink, vsock (which reaches a virtual machine's host), packets, crypto, …
    unknown = seccomp.ERRNO(errno.EAFNOSUPPORT)
    for call in ("socket", "socketpair"):
        deny(unknown, call, seccomp.Arg(0, seccomp.GT, max(SOCKETS)))
        for family in set(range(max(SOCKETS))) - set(SOCKETS):
            deny(unknown, call, seccomp.Arg(0, seccomp.EQ, family))
    # Only of oneself: not of process 1, which may belong to the same user.
    deny(no, "prlimit64", seccomp.Arg(0, seccomp.NE, 0))
    for call in OTHERS:
        deny(no, call, seccomp.Arg(0, seccomp.NE, 0))
    for call, itself in (("setpriority", os.PRIO_PROCESS), ("ioprio_set", 1)):
        deny(no, call, seccomp.Arg(0, seccomp.NE, itself))
        deny(no, call, seccomp.Arg(1, seccomp.NE, 0))


def _exported(rules: object) -> bytes:
    with os.fdopen(os.memfd_create("seccomp"), "w+b") as file:
        rules.export_bpf(file)  # type: ignore[attr-defined]
        file.seek(0)
        return file.read()
