"""Python: the interpreter that runs this project."""

from __future__ import annotations

from assistant.sandbox.interpreter import SITE_PACKAGES, interpreter, site_packages
from assistant.sandbox.language import Plan
from assistant.sandbox.types import Job


class Python:
    name = "python"
    suffixes = (".py",)

    def plan(self, job: Job) -> Plan:
        program, mounts, env = interpreter()
        if job.site_packages:
            mounts = (*mounts, *site_packages())
            env = {**env, "PYTHONPATH": SITE_PACKAGES}
        return Plan(((program, job.entry, *job.arguments),), mounts, env=env)


RUNTIME = Python()
