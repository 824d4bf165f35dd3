"""Compare two runs of one task: paired differences with 95% intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import JsonOption

if TYPE_CHECKING:
    from eval.compare import Comparison
    from eval.results import Result

NAME = "compare"

FirstArgument = Annotated[Path, typer.Argument(metavar="A", help="A result: what was.")]
SecondArgument = Annotated[Path, typer.Argument(metavar="B", help="A result: what is new.")]


def command(first: FirstArgument, second: SecondArgument, json_mode: JsonOption = False) -> None:
    from assistant.cli.output import emit, err
    from eval.compare import compare
    from eval.results import load

    a, b = load(first), load(second)
    comparison = compare(a, b)
    for line in comparison.differing:
        err().print(f"differs: {line}", markup=False, soft_wrap=True)
    document = {"a": side(first, a), "b": side(second, b), **payload(comparison)}
    emit(document, json_mode, lambda: _print(comparison, a, b))


def side(path: Path, result: Result) -> dict[str, Any]:
    """One of the two runs, in short."""
    return {
        "file": str(path),
        "task": result.task,
        "arm": result.arm,
        "through": result.through,
        "n": result.n,
        "model": result.model.model_dump(),
        "commit": result.commit,
    }


def payload(comparison: Comparison) -> dict[str, Any]:
    """The command line's contract for a comparison."""
    return {
        "n": comparison.n,
        "metrics": {
            name: {
                "a": metric.a,
                "b": metric.b,
                "difference": metric.difference.interval.model_dump(),
                "better": metric.difference.better,
                "worse": metric.difference.worse,
                "equal": metric.difference.equal,
                "p": metric.difference.p,
            }
            for name, metric in comparison.metrics.items()
        },
        "differing": list(comparison.differing),
    }


def _print(comparison: Comparison, a: Result, b: Result) -> None:
    from rich.table import Table
    from rich.text import Text

    from assistant.cli.output import out

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("metric", no_wrap=True)
    for heading in ("A", "B", "B - A", "95% interval", "better/worse", "p"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, metric in comparison.metrics.items():
        change = metric.difference
        table.add_row(
            name,
            f"{metric.a:.3f}",
            f"{metric.b:.3f}",
            f"{change.interval.value:+.3f}",
            f"{change.interval.low:+.3f} … {change.interval.high:+.3f}",
            f"{change.better}/{change.worse}",
            f"{change.p:.3f}",
        )
    out().print(Text(f"A  {a.title}\nB  {b.title}\n{comparison.n} records in both"))
    out().print(table)
