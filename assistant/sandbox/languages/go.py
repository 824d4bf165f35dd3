"""Go: built with the standard library only, without cgo or modules from elsewhere."""

from __future__ import annotations

from assistant.sandbox.language import Plan, alone, find, mounted
from assistant.sandbox.types import Job

PROGRAM = "/tmp/program"  # noqa: S108 - the sandbox's own
PARTS = ("bin/go", "pkg/include", "pkg/tool", "src", "lib/time", "go.env", "VERSION")
"""Of its folder, which may be ``~/go``, where others' modules are kept too."""


class Go:
    name = "go"
    suffixes = (".go",)

    def plan(self, job: Job) -> Plan:
        program = find("go", "install Go 1.22 or later (go.dev)")
        prefix = program.parent.parent
        alone(prefix, ("bin/go", "src/runtime"), "Go")
        inside, mounts = mounted(prefix, "/opt/go", PARTS)
        sources = sorted(name for name in job.files if name.endswith(".go"))
        env = {
            "GOROOT": inside,
            "GOCACHE": "/tmp/go-cache",  # noqa: S108
            "GOFLAGS": "-mod=mod",
            "GOPROXY": "off",
            "GOTOOLCHAIN": "local",
            "GOTELEMETRY": "off",
            "CGO_ENABLED": "0",
        }
        # `go build` takes files of one folder; with a module of its own, the whole of it.
        what = (".",) if "go.mod" in job.files else tuple(sources)
        build = (f"{inside}/bin/go", "build", "-o", PROGRAM, *what)
        return Plan((build, (PROGRAM, *job.arguments)), mounts, (f"{inside}/bin",), env)


RUNTIME = Go()
