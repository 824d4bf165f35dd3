"""TypeScript: Node.js that strips types itself."""

from __future__ import annotations

import functools
import subprocess

from assistant.sandbox.language import Plan, find
from assistant.sandbox.languages.javascript import heap, node, packages
from assistant.sandbox.refusal import Refused
from assistant.sandbox.types import Job

STRIPS_TYPES = (22, 6)
INSTALL = "install Node.js 22.6 or later (nodejs.org)"
OPTIONS = ("--experimental-strip-types", "--no-warnings")


@functools.cache
def version(program: str) -> tuple[int, ...]:
    """Node's version, for example ``(22, 6, 0)``."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    numbers = answer.stdout.strip().removeprefix("v").split(".")
    return tuple(int(n) for n in numbers if n.isdigit())


class TypeScript:
    name = "typescript"
    suffixes = (".ts", ".mts")

    def plan(self, job: Job) -> Plan:
        here = version(str(find("node", INSTALL)))
        if here < STRIPS_TYPES:
            number = ".".join(map(str, here)) or "one of no known version"
            raise Refused(f"this Node.js, {number}, runs no TypeScript: {INSTALL}")
        program, mounts = node()
        step = (program, heap(job), *OPTIONS, job.entry, *job.arguments)
        return Plan((step,), (*mounts, *packages(job)))


RUNTIME = TypeScript()
