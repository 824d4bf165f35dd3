"""Run one benchmark through the product, a language server, or the plain template."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption, settings
from assistant.cli.output import emit, err, out

if TYPE_CHECKING:
    from eval.journal import Journal
    from eval.results import Result
    from eval.runner import Order

NAME = "run"


class Trigger(StrEnum):
    INVOKED = "invoked"
    AUTOMATIC = "automatic"


def command(
    task: Annotated[str, typer.Argument(help="A name that `assistant eval tasks` lists.")],
    arm: Annotated[str, typer.Option(help="Variant of the task; the first one by default.")] = "",
    through: Annotated[
        str, typer.Option(help="product, lsp or raw; product where the task allows it.")
    ] = "",
    raw: Annotated[bool, typer.Option("--raw", help="The same as --through raw.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Records, drawn by --seed; 0 is all.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the records drawn and of random answers.")] = 0,
    samples: Annotated[int, typer.Option(min=1, help="Answers a question, for pass@k.")] = 1,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="0 is greedy.")] = 0.0,
    trigger: Annotated[Trigger, typer.Option(help="How completion is asked for.")] = (
        Trigger.INVOKED
    ),
    concurrency: Annotated[int, typer.Option(min=1, help="Questions at a time.")] = 8,
    data: Annotated[
        Path | None, typer.Option(help="Folder of benchmark files; else ASSISTANT_DATA.")
    ] = None,
    mined: Annotated[
        Path | None, typer.Option(help="Holes made by `assistant eval mine`, for the task mined.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Result file.")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Do not go on with a run that was cut off.")
    ] = False,
    json_mode: JsonOption = False,
) -> None:
    import os

    from assistant.errors import UsageError
    from eval.data import Data
    from eval.door import doors
    from eval.results import Options, folder, save
    from eval.runner import Order
    from eval.task import tasks

    if mined is not None:
        if not mined.is_file():
            raise UsageError(f"{mined}: there is no such file: `assistant eval mine` makes one")
        os.environ["ASSISTANT_MINED"] = str(mined.resolve())
    loaded = settings()
    found = tasks().get(task)
    if raw and through not in ("", "raw"):
        raise UsageError(f"--raw and --through {through} contradict each other")
    way = "raw" if raw else through or ("raw" if found.asks == "chat" else "product")
    order = Order(
        task=found,
        arm=arm or next(iter(found.arms)),
        door=doors().get(way),
        data=Data.named(data),
        settings=loaded,
        options=Options(
            limit=limit, samples=samples, temperature=temperature, trigger=trigger.value
        ),
        seed=seed,
        concurrency=concurrency,
        fresh=fresh,
    )
    result, journal = asyncio.run(_run(order))
    path = output or folder() / file_name(result)
    save(result, path)
    journal.remove()
    payload = {**result.summary(), "path": str(path)}
    emit(payload, json_mode, lambda: _show(result, path))


async def _run(order: Order) -> tuple[Result, Journal]:
    from dataclasses import replace

    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from eval.runner import run

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err(), transient=True) as bar:
        shown = bar.add_task(f"{order.task.name} {order.arm} {order.door.name}", total=None)
        told = replace(
            order, progress=lambda done, total: bar.update(shown, completed=done, total=total)
        )
        return await run(told)


def file_name(result: Result) -> str:
    """Of a result in the results' folder: what it measured, and when."""
    when = result.started.replace(":", "").replace("-", "")[:15]
    parts = (result.task, result.arm, result.through, result.model.name, result.model.precision)
    words = "-".join(part.replace("/", "_") for part in parts if part)
    return f"{words}-{when}.json"


def _show(result: Result, path: Path) -> None:
    console = out()
    console.print(f"{result.title}, {result.n} records, {result.seconds:.0f} s", markup=False)
    for name, value in result.metrics.items():
        interval = f"[{value.low:.3f}, {value.high:.3f}]"
        console.print(f"  {name:<18}{value.value:7.3f}   {interval}", markup=False)
    console.print(str(path), markup=False)
