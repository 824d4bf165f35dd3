"""Go: built without cgo, with the standard library and the modules that a job brings.

An entry that is a test file (``x_test.go``) is built with its package and runs in its folder, with
``arguments`` for the test binary.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from assistant.sandbox.language import Mount, Plan, alone, find, mounted
from assistant.sandbox.types import Job

PROGRAM = "/tmp/program"  # noqa: S108 - the sandbox's own
COMPILE_BYTES = 256 << 20
COMPILE_SECONDS = 60.0
"""Go ships its library as source: with an empty cache even "hello" builds 100 MiB in 10 s of CPU
time, and net/http 200 MiB in 30 s."""
PARTS = ("bin/go", "pkg/include", "pkg/tool", "src", "lib/time", "go.env", "VERSION")
"""Of its folder, which may be ``~/go``, where others' modules are kept too."""
MODULES = "/opt/go-modules"


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
            "GOFLAGS": f"-mod={'vendor' if 'vendor/modules.txt' in job.files else 'mod'}",
            "GOMODCACHE": MODULES if job.packages else "/tmp/go-modules",  # noqa: S108
            "GOPROXY": "off",
            "GOTOOLCHAIN": "local",
            "GOTELEMETRY": "off",
            "CGO_ENABLED": "0",
        }
        modules = tuple(Mount(folder, MODULES) for folder in job.packages[:1])
        build, start = _steps(job, f"{inside}/bin/go", sources)
        return Plan(
            (build, start),
            (*mounts, *modules),
            (f"{inside}/bin",),
            env,
            compile_bytes=COMPILE_BYTES,
            compile_seconds=COMPILE_SECONDS,
        )


def _steps(job: Job, go: str, sources: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How it is built and how it is started."""
    if job.entry.endswith("_test.go"):
        folder = f"./{PurePosixPath(job.entry).parent}"
        # Every error of the package, not the first ten; vet is for people.
        is_covered = any(each.startswith("-test.coverprofile") for each in job.arguments)
        cover = ("-cover",) if is_covered else ()
        options = ("-vet=off", "-gcflags=-e", *cover, "-o", PROGRAM)
        inside = ("/bin/sh", "-c", 'cd "$0" && exec "$@"', folder, PROGRAM)
        return (go, "test", "-c", *options, folder), (*inside, *job.arguments)
    # `go build` takes files of one folder; with a module of its own, the whole of it.
    what = (".",) if "go.mod" in job.files else tuple(sources)
    return (go, "build", "-o", PROGRAM, *what), (PROGRAM, *job.arguments)


RUNTIME = Go()
