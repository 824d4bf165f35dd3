"""Drop from a training set what overlaps the evaluation sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import JsonOption, settings
from assistant.cli.output import emit, err, out

if TYPE_CHECKING:
    from eval.decontamination.decontaminate import Summary
    from eval.decontamination.evaluation import Evaluation

NAME = "decontaminate"


def command(
    path: Annotated[
        Path,
        typer.Argument(
            help="JSON lines (.gz), Parquet, a folder saved by `datasets`, or of source files."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="What is kept, as JSON lines.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="What is dropped and why, as JSON lines.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of benchmark files; else ASSISTANT_DATA.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option(help="A field that holds text; may be repeated.")
    ] = None,
    n: Annotated[int, typer.Option("--n", min=2, max=100, help="Tokens in an n-gram.")] = 10,
    share: Annotated[
        float, typer.Option(min=0.01, max=1, help="Share of an evaluation text's n-grams.")
    ] = 0.5,
    any_ngram: Annotated[
        bool, typer.Option("--any", help="A single common n-gram is enough.")
    ] = False,
    json_mode: JsonOption = False,
) -> None:
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from assistant.errors import UsageError
    from eval.data import Data
    from eval.decontamination.decontaminate import decontaminate
    from eval.decontamination.detector import Detector
    from eval.decontamination.evaluation import collect
    from eval.decontamination.ngrams import Rule
    from eval.task import tasks

    settings()
    if not path.exists():
        raise UsageError(f"{path}: there is no such file or folder")
    evaluation = collect(tasks(), Data.named(data))
    for name, reason in evaluation.unchecked.items():
        err().print(f"unchecked: {name}: {reason}", markup=False, soft_wrap=True)
    detector = Detector(evaluation.passages, Rule(n=n, share=0.0 if any_ngram else share))
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err(), transient=True) as bar:
        shown = bar.add_task("reading")
        summary = decontaminate(
            path,
            detector,
            output,
            report,
            field or (),
            lambda read, dropped: bar.update(
                shown, description=f"{read} records, {dropped} dropped"
            ),
        )
    emit(payload(summary, evaluation), json_mode, lambda: _print(summary, evaluation))


def payload(summary: Summary, evaluation: Evaluation) -> dict[str, Any]:
    """The command line's contract."""
    return {
        "records": summary.records,
        "kept": summary.kept,
        "dropped": summary.dropped,
        "fields": list(summary.fields),
        "by": dict(summary.by),
        "sets": {
            name: {"checked": checked, "hits": summary.hits[name]}
            for name, checked in evaluation.records.items()
        },
        "unchecked": [
            {"set": name, "why": reason} for name, reason in evaluation.unchecked.items()
        ],
        "characters": summary.characters,
        "seconds": round(summary.seconds, 3),
    }


def _print(summary: Summary, evaluation: Evaluation) -> None:
    methods = ", ".join(f"{name} {count}" for name, count in summary.by.items())
    lines = [
        f"{summary.records} records ({', '.join(summary.fields)}): {summary.kept} kept, "
        f"{summary.dropped} dropped ({methods})"
    ]
    lines += [
        f"  {name:<22}{checked:6} checked {summary.hits[name]:6} hits"
        for name, checked in evaluation.records.items()
    ]
    if evaluation.unchecked:
        lines.append(f"not checked: {', '.join(evaluation.unchecked)}")
    for line in lines:
        out().print(line, markup=False)
