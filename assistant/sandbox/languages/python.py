"""Python: the interpreter of an environment, or the one that runs this project."""

from __future__ import annotations

from assistant.sandbox.interpreter import environment, interpreter
from assistant.sandbox.language import Plan
from assistant.sandbox.types import Job


class Python:
    name = "python"
    suffixes = (".py",)

    def plan(self, job: Job) -> Plan:
        inside = interpreter() if job.python is None else environment(job.python)
        step = (inside.program, job.entry, *job.arguments)
        return Plan((step,), inside.mounts, env=inside.env, texts=inside.texts)


RUNTIME = Python()
