"""JavaScript: Node.js."""

from __future__ import annotations

from assistant.sandbox.language import Mount, Plan, find, libraries, mounted
from assistant.sandbox.types import Job

INSTALL = "install Node.js 20 or later (nodejs.org)"


def node() -> tuple[str, tuple[Mount, ...]]:
    """Node inside, and what is mounted for it. Raises Refused."""
    program = find("node", INSTALL)
    prefix = program.parent.parent
    own = str(program.relative_to(prefix))
    inside, mounts = mounted(prefix, "/opt/node", (own, *libraries(program, prefix)))
    return f"{inside}/{own}", mounts


def packages(job: Job) -> tuple[Mount, ...]:
    """Where Node.js looks from any folder."""
    return tuple(Mount(folder, "/node_modules") for folder in job.packages[:1])


def heap(job: Job) -> str:
    """V8's own limit: less than the sandbox's, so that it says that memory ran out."""
    return f"--max-old-space-size={max(16, job.limits.memory_bytes * 3 // 4 >> 20)}"


class JavaScript:
    name = "javascript"
    suffixes = (".js", ".mjs", ".cjs")

    def plan(self, job: Job) -> Plan:
        program, mounts = node()
        return Plan(((program, heap(job), job.entry, *job.arguments),), (*mounts, *packages(job)))


RUNTIME = JavaScript()
