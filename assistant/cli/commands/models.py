"""List, fetch and convert the models that the catalogue knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import JsonOption

if TYPE_CHECKING:
    from assistant.engines.protocol import Progress

NAME = "models"

app = typer.Typer(no_args_is_help=True)

ModelArgument = Annotated[str, typer.Argument(help="A name from `assistant models list`.")]


@app.command("list")
def list_models(json_mode: JsonOption = False) -> None:
    """The catalogue, and what of it is on this machine."""
    from assistant.cli.output import emit, out
    from assistant.engines.catalogue import catalogue

    entries = [_entry(name) for name in catalogue()]

    def human() -> None:
        from rich.table import Table

        table = Table("name", "size", "licence", "here")
        for entry in entries:
            here = ", ".join(["downloaded", *entry["converted"]]) if entry["present"] else "-"
            size = f"{entry['size'] / 1e6:,.0f} MB"
            table.add_row(entry["name"], size, entry["licence"], here)
        out().print(table)

    emit(entries, json_mode, human)


@app.command("pull")
def pull_model(name: ModelArgument, json_mode: JsonOption = False) -> None:
    """Download a model from the first source that has it, and check its digest."""
    from assistant.cli.output import emit, out
    from assistant.engines import models

    with progress_bar() as report:
        path = models.pull(name, report)
    emit(
        {**_entry(name), "path": str(path)},
        json_mode,
        lambda: out().print(str(path), soft_wrap=True),
    )


@app.command("convert")
def convert_model(
    name: ModelArgument,
    precision: Annotated[str, typer.Option(help="int4 or bf16.")] = "int4",
    json_mode: JsonOption = False,
) -> None:
    """Download a model if it is not here, and make the weights that vLLM loads."""
    from assistant.cli.output import emit, out
    from assistant.engines import models
    from assistant.engines.catalogue import PRECISIONS
    from assistant.errors import UsageError

    chosen = next((p for p in PRECISIONS if p == precision), None)
    if chosen is None:
        raise UsageError(f"--precision {precision!r}: choose one of {', '.join(PRECISIONS)}")
    with progress_bar() as report:
        model = models.prepared(name, chosen, report)
    emit(
        {**_entry(name), "path": str(model.path)},
        json_mode,
        lambda: out().print(str(model.path), soft_wrap=True),
    )


def _entry(name: str) -> dict[str, Any]:
    """The command line's contract for a model."""
    from assistant.engines.catalogue import PRECISIONS, find
    from assistant.engines.models import is_present

    model = find(name)
    return {
        "name": model.name,
        "title": model.title,
        "licence": model.licence,
        "size": model.size,
        "sha256": model.sha256,
        "fim": model.fim,
        "present": is_present(model),
        "converted": [p for p in PRECISIONS if (model.weights(p) / "manifest.json").exists()],
    }


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """A bar on stderr, a new one for each stage; nothing where stderr is no terminal."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from assistant.cli.output import err

    console = err()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        stage = ""

        def report(progress: Progress) -> None:
            nonlocal stage
            if progress.stage != stage:
                stage = progress.stage
                bar.reset(task)
            total = None if progress.fraction is None else 1.0
            bar.update(
                task,
                description=progress.detail,
                total=total,
                completed=progress.fraction or 0.0,
            )

        yield report
