"""Go: built with the standard library only, without cgo or modules from elsewhere."""

from __future__ import annotations

from assistant.sandbox.language import Plan, alone, find, mounted
from assistant.sandbox.types import Job

PROGRAM = "/tmp/program"  # noqa: S108 - the sandbox's own
COMPILE_BYTES = 256 << 20
COMPILE_SECONDS = 60.0
"""Go ships its library as source: with an empty cache even "hello" builds 100 MiB in 10 s of CPU
time, and net/http 200 MiB in 30 s."""
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
        return Plan(
            (build, (PROGRAM, *job.arguments)),
            mounts,
            (f"{inside}/bin",),
            env,
            compile_bytes=COMPILE_BYTES,
            compile_seconds=COMPILE_SECONDS,
        )


RUNTIME = Go()
