"""A language for tests: ``compile.py`` is its compiler, which may take 32 MiB and 4 s of its own;
``main.py`` is the program, with what disk the compiler has left."""

from __future__ import annotations

from assistant.sandbox.interpreter import interpreter
from assistant.sandbox.language import Plan
from assistant.sandbox.types import Job


class Greedy:
    name = "greedy"
    suffixes = (".greedy",)

    def plan(self, job: Job) -> Plan:
        own = interpreter()
        steps = ((own.program, "compile.py"), (own.program, job.entry))
        return Plan(steps, own.mounts, env=own.env, compile_bytes=32 << 20, compile_seconds=4.0)


RUNTIME = Greedy()
