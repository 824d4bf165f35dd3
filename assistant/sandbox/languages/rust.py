"""Rust: rustc on the entry, with the machine's C compiler as linker."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

from assistant.sandbox.language import Plan, find, libraries, mounted
from assistant.sandbox.refusal import Refused
from assistant.sandbox.types import Job

PROGRAM = "/tmp/program"  # noqa: S108 - the sandbox's own
INSTALL = "install Rust (rustup.rs)"
RUSTC = "bin/rustc"


@functools.cache
def sysroot(rustc: str) -> Path:
    """The toolchain's folder; with rustup, the one that its shim chooses. Raises Refused."""
    answer = subprocess.run(
        [rustc, "--print", "sysroot"], capture_output=True, text=True, check=False
    )
    if answer.returncode != 0 or not answer.stdout.strip():
        raise Refused(f"{rustc} does not work: {INSTALL}")
    return Path(answer.stdout.strip()).resolve()


class Rust:
    name = "rust"
    suffixes = (".rs",)

    def plan(self, job: Job) -> Plan:
        find("cc", "rustc links with it (Debian: `apt install gcc`)")
        find("rustc", INSTALL)
        # By name: a link to rustup must be called rustc to be rustc.
        root = sysroot("rustc")
        parts = (RUSTC, "lib/rustlib", *libraries(root / RUSTC, root))
        inside, mounts = mounted(root, "/opt/rust", parts)
        options = ("--edition", "2021", "-C", "opt-level=1", "-C", "debuginfo=0")
        build = (f"{inside}/{RUSTC}", *options, "-o", PROGRAM, job.entry)
        return Plan((build, (PROGRAM, *job.arguments)), mounts, (f"{inside}/bin",))


RUNTIME = Rust()
