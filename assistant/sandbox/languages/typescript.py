"""TypeScript: Node.js that strips types itself, or the compiler."""

from __future__ import annotations

import functools
import subprocess
from pathlib import PurePosixPath

from assistant.sandbox.language import Plan, find, mounted
from assistant.sandbox.languages.javascript import INSTALL, heap, node
from assistant.sandbox.refusal import Refused
from assistant.sandbox.types import Job

STRIPS_TYPES = (22, 6)
ADVICE = "install Node.js 22.6 or later (nodejs.org), or `npm install --global typescript`"


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
        program, mounts = node()
        start = (program, heap(job))
        if version(str(find("node", INSTALL))) >= STRIPS_TYPES:
            strip = ("--experimental-strip-types", "--no-warnings")
            return Plan(((*start, *strip, job.entry, *job.arguments),), mounts)
        try:
            compiler = find("tsc", ADVICE)
        except Refused:
            raise Refused(f"no TypeScript here: {ADVICE}") from None
        # …/node_modules/typescript/bin/tsc
        inside, more = mounted(compiler.parent.parent, "/opt/typescript")
        out = "/tmp/javascript"  # noqa: S108 - the sandbox's own
        options = ("--outDir", out, "--rootDir", ".", "--target", "es2022", "--module", "commonjs")
        compiled = str(PurePosixPath(out, job.entry).with_suffix(".js"))
        steps = (
            (program, f"{inside}/bin/tsc", *options, "--skipLibCheck", job.entry),
            (*start, compiled, *job.arguments),
        )
        return Plan(steps, (*mounts, *more))


RUNTIME = TypeScript()
