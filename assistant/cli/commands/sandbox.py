"""Run a program where it can harm nothing: no network, no home folder, limits on everything."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption, existing_file

if TYPE_CHECKING:
    from assistant.sandbox import PythonEnvironment

NAME = "sandbox"

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `run` a command of its own while it is the only one."""


@app.command("run")
def run_file(
    file: Annotated[Path, typer.Argument(help="The program.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(help="The program's own, after --.", metavar="-- ARGS")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Else told from the file's suffix.")] = None,
    stdin: Annotated[
        str | None, typer.Option(help="A file to read as the program's input, - is stdin.")
    ] = None,
    wall: Annotated[float, typer.Option(help="Seconds that it may run, and of CPU time.")] = 10.0,
    memory: Annotated[int, typer.Option(help="MiB of memory.")] = 1024,
    json_mode: JsonOption = False,
) -> int:
    """Run one file; exit status 0 when it passed, else 1. Python's imports what its project's
    environment has."""
    from dataclasses import asdict

    from assistant.cli.output import emit
    from assistant.errors import UsageError
    from assistant.sandbox import Job, Limits, Status, run
    from assistant.sandbox.language import for_file, runtimes

    path = existing_file(file)
    if wall <= 0 or memory <= 0:
        raise UsageError("--wall and --memory: give a positive number")
    runtime = runtimes.get(language) if language else for_file(path)
    if runtime is None:
        raise UsageError(f"{file}: say its --language, one of {', '.join(runtimes.names())}")
    limits = Limits(wall_seconds=wall, cpu_seconds=wall, memory_bytes=memory << 20)
    job = Job(
        runtime.name,
        {path.name: path.read_bytes()},
        path.name,
        arguments=tuple(arguments or ()),
        stdin=_input(stdin),
        limits=limits,
        python=_python(path) if runtime.name == "python" else None,
    )
    outcome = run(job)
    payload = asdict(outcome)
    del payload["files"]

    def human() -> None:
        sys.stdout.write(outcome.stdout)
        sys.stderr.write(outcome.stderr)
        if outcome.reason:
            sys.stderr.write(f"{outcome.status}: {outcome.reason}\n")

    emit(payload, json_mode, human)
    return 0 if outcome.status is Status.PASSED else 1


def _python(path: Path) -> PythonEnvironment:
    """That of the project that the file belongs to."""
    import os

    from assistant.cli.options import settings
    from assistant.context.roots import find_root
    from assistant.sandbox.environments import find

    return find(find_root(path), settings().sandbox.python, os.environ).python


def _input(stdin: str | None) -> str:
    if stdin is None:
        return ""
    if stdin == "-":
        return sys.stdin.read()
    return existing_file(Path(stdin)).read_text(encoding="utf-8", errors="replace")
