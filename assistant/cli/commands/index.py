"""Index a folder: its definitions, imports and words, for context."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption

if TYPE_CHECKING:
    from assistant.context import IndexReport

NAME = "index"


def command(
    path: Annotated[Path, typer.Argument(help="The workspace folder.")] = Path(),
    json_mode: JsonOption = False,
) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from assistant.cli.options import existing_folder, settings
    from assistant.cli.output import emit, err
    from assistant.context import Repository

    loaded = settings()
    root = existing_folder(path)
    columns = (BarColumn(), MofNCompleteColumn(), "files", TimeRemainingColumn())
    with (
        Repository.open(root, loaded.context) as repository,
        Progress("indexing", *columns, console=err(), transient=True) as bar,
    ):
        task = bar.add_task("indexing", total=None)
        report = repository.refresh(lambda done, todo: bar.update(task, completed=done, total=todo))
    emit(report.as_json(), json_mode, lambda: _print(report, root))


def _print(report: IndexReport, root: Path) -> None:
    from rich.markup import escape

    from assistant.cli.output import out

    console = out()
    console.print(
        f"{escape(str(root))}: {report.files:,} files, {report.lines:,} lines, "
        f"{report.symbols:,} definitions in {report.seconds:.1f} s "
        f"({report.changed:,} read, {report.removed:,} forgotten; "
        f"{report.bytes / 2**20:.1f} MiB on disk)"
    )
    for language, files in report.languages.items():
        console.print(f"  {language}: {files:,}", markup=False)
    if report.skipped:
        console.print(f"left out, {len(report.skipped)} rows:")
        for row in report.skipped[:20]:
            console.print(f"  {row['path']}: {row['why']}", markup=False)
