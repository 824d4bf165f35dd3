"""Runs small programs in the sandbox for tests, and says whether what they tried was held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.sandbox import Job, Limits, Outcome

PRELUDE = """
import ctypes, errno, os, socket, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments):
    "A raw system call of x86-64; raises OSError."
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

def attempt(function, *arguments):
    try:
        result = function(*arguments)
    except (OSError, ValueError, MemoryError) as error:
        print("HELD", error, flush=True)
    else:
        print("ESCAPED", repr(result)[:200], flush=True)
"""


@dataclass(frozen=True)
class Runner:
    """Runs programs one way."""

    way: str
    run: Callable[[Job], Outcome]

    def python(self, code: str, limits: Mapping[str, Any] | None = None, **job: Any) -> Outcome:
        """Run ``code`` after the prelude, under small limits."""
        small = {"wall_seconds": 8.0, "cpu_seconds": 4.0, "memory_bytes": 256 << 20}
        files = {"main.py": PRELUDE + code, **job.pop("files", {})}
        held = Limits(**{**small, **(limits or {})})
        return self.run(Job("python", files, "main.py", limits=held, **job))

    def held(self, code: str, attempts: int = 1, **job: Any) -> Outcome:
        """Run ``code``: it made ``attempts`` attempts, and none went through."""
        outcome = self.python(code, **job)
        assert "ESCAPED" not in outcome.stdout, outcome
        assert outcome.stdout.count("HELD") == attempts, outcome
        return outcome
