"""Write one HTML page over finished runs, with tables, plots and examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption

if TYPE_CHECKING:
    from eval.results import Result

NAME = "report"

ResultsArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[RESULTS]...", help="Results, or folders of them; else all there are."),
]
OutputOption = Annotated[Path, typer.Option("--output", "-o", help="The page to write.")]


def command(
    results: ResultsArgument = None,
    output: OutputOption = Path("report.html"),
    json_mode: JsonOption = False,
) -> None:
    from assistant.cli.output import emit, out
    from assistant.errors import UsageError
    from eval.report.page import render

    found = named(results) if results else kept()
    page = render(found)
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}") from error
    document = {"path": str(output), "runs": len(found), "bytes": output.stat().st_size}
    emit(document, json_mode, lambda: out().print(str(output), markup=False))


def named(paths: list[Path]) -> list[tuple[Path, Result]]:
    """The results of these files and folders. Raises UsageError."""
    from assistant.errors import UsageError
    from eval.results import load

    found = []
    for path in paths:
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not files:
            raise UsageError(f"{path}: there are no results in it (*.json)")
        found += [(file, load(file)) for file in files]
    return found


def kept() -> list[tuple[Path, Result]]:
    """The results of the state folder; says which of them cannot be read."""
    from assistant.cli.output import err
    from assistant.errors import UsageError
    from eval.results import folder, load

    found = []
    for file in sorted(folder().glob("*.json")):
        try:
            found.append((file, load(file)))
        except UsageError as error:
            err().print(f"left out: {error}", markup=False, soft_wrap=True)
    if not found:
        raise UsageError(f"there are no results in {folder()}: make one with `assistant eval run`")
    return found
