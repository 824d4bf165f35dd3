"""Run a command at one place of a file: implement, explain, document, fix and others.

It prints what it would change; ``--apply`` writes that to the files.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import FileArgument, JsonOption, RootOption, UnsavedOption

if TYPE_CHECKING:
    from assistant.commands.protocol import Answer, FileEdit, Place

NAME = "do"
MATERIAL = ("diagnostic", "traceback", "test", "diff")


def command(
    name: Annotated[str, typer.Argument(help="Which command; a wrong name is answered with all.")],
    file: FileArgument,
    line: Annotated[int, typer.Option(min=0, help="0-based line of the cursor.")] = 0,
    character: Annotated[int, typer.Option(min=0, help="0-based, in UTF-16 units.")] = 0,
    end_line: Annotated[
        int | None, typer.Option(min=0, help="Last line of a selection, 0-based.")
    ] = None,
    instruction: Annotated[str, typer.Option(help="What to do, in your words.")] = "",
    material: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=FILE", help=f"More to go by: {', '.join(MATERIAL)}; - is stdin."
        ),
    ] = None,
    candidates: Annotated[int, typer.Option(min=1, max=64, help="Answers to compare.")] = 8,
    seed: Annotated[int, typer.Option(help="Of the answers that are drawn.")] = 0,
    apply: Annotated[bool, typer.Option("--apply", help="Write the edits to the files.")] = False,
    unsaved: UnsavedOption = "",
    root: RootOption = None,
    json_mode: JsonOption = False,
) -> None:
    import os

    from assistant import sandbox
    from assistant.cli.asking import session
    from assistant.cli.options import settings
    from assistant.cli.output import emit, err
    from assistant.cli.writing import show, write
    from assistant.commands.protocol import Job, Options, commands
    from assistant.sandbox.environments import find

    chosen = commands().get(name)
    loaded = settings()
    place = _place(file, line, character, end_line, unsaved, root)
    given = dict(_read(each) for each in material or [])
    python = find(place.root, loaded.sandbox.python, os.environ).python

    async def run() -> tuple[Answer, float]:
        assert place.root is not None
        async with session(loaded, place.root) as one:
            with err().status(name) as status, sandbox.stoppable() as run_code:
                job = Job(
                    place,
                    one.model,
                    run_code,
                    one.repository,
                    instruction,
                    given,
                    Options(candidates=candidates, seed=seed),
                    report=status.update,
                    python=python,
                )
                began = time.perf_counter()
                return await chosen.run(job), time.perf_counter() - began

    answer, seconds = asyncio.run(run())
    if apply:
        write(answer, place)

    def shown() -> None:
        show(answer, place)
        if answer.edits:
            said = "written" if apply else "nothing was written: --apply does it"
            err().print(said, style="dim")

    emit(payload(name, answer, place, seconds), json_mode, shown)


def payload(name: str, answer: Answer, place: Place, seconds: float) -> dict[str, Any]:
    """The command line's contract. Ranges count UTF-16 units."""
    return {
        "name": name,
        "markdown": answer.markdown,
        **changes(answer, place),
        "attempts": answer.attempts,
        "timings_ms": {"total": round(seconds * 1000, 1)},
    }


def changes(answer: Answer, place: Place) -> dict[str, Any]:
    """What a command would change, and what was checked."""
    return {
        "edits": [_edit(edit, place, answer) for edit in answer.edits],
        "checks": [asdict(check) for check in answer.checks],
    }


def _place(
    file: Path, line: int, character: int, end_line: int | None, unsaved: str, root: Path | None
) -> Place:
    from assistant.cli.oneshot import request_at
    from assistant.commands.protocol import Place
    from assistant.positions import offset_at
    from assistant.types import Position

    request, folder = request_at(file, line, character, unsaved, root)
    end = request.offset
    if end_line is not None:
        end = max(end, offset_at(request.document.text, Position(end_line + 1, 0)))
    return Place(request.document, request.offset, end, folder)


def _read(given: str) -> tuple[str, str]:
    import sys

    from assistant.errors import UsageError

    kind, _, source = given.partition("=")
    if kind not in MATERIAL or not source:
        raise UsageError(f"--material {given}: give one of {', '.join(MATERIAL)} as KIND=FILE")
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--material {source}: {error}") from error
    return kind, text


def _edit(edit: FileEdit, place: Place, answer: Answer) -> dict[str, Any]:
    from assistant.cli.writing import given
    from assistant.positions import position_at

    text = given(edit.path, place, answer) or ""
    start, end = (asdict(position_at(text, offset)) for offset in (edit.start, edit.end))
    return {"path": str(edit.path), "range": {"start": start, "end": end}, "text": edit.text}
