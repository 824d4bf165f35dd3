"""Run small fixed subsets and fail where they are worse than the recorded results."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import JsonOption, settings
from assistant.cli.output import emit, err, out

if TYPE_CHECKING:
    from eval.gate.gate import Verdict

NAME = "gate"


def command(
    only: Annotated[list[str] | None, typer.Option(help="A subset's name; else all.")] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Keep the results as the new record.")
    ] = False,
    data: Annotated[
        Path | None, typer.Option(help="Folder of benchmark files; else ASSISTANT_DATA.")
    ] = None,
    json_mode: JsonOption = False,
) -> int:
    from assistant.errors import UsageError
    from eval.data import Data
    from eval.gate import gate

    every = gate.subsets()
    if unknown := set(only or ()) - set(every):
        raise UsageError(f"no subset {', '.join(unknown)}: there are {', '.join(every)}")
    loaded, where = settings(), Data.named(data)
    verdicts = []
    for name, subset in every.items():
        if only and name not in only:
            continue
        with err().status(name) as status:

            def told(done: int, total: int, name: str = name) -> None:
                status.update(f"{name} {done}/{total}")

            done = asyncio.run(gate.result(subset, loaded, where, told))
        verdict = gate.judge(name, subset, done)
        verdicts.append(verdict)
        if not json_mode:
            out().print(_line(verdict), markup=False)
        if record:
            gate.record(name, done)
    passed = record or all(v.passed for v in verdicts)
    emit({"passed": passed, "subsets": [_plain(v) for v in verdicts]}, json_mode, lambda: None)
    return 0 if passed else 1


def _plain(verdict: Verdict) -> dict[str, Any]:
    found = verdict.found
    plain: dict[str, Any] = {
        "name": verdict.name,
        "passed": verdict.passed,
        "metric": verdict.metric,
        "notes": list(verdict.notes),
    }
    if found is not None:
        interval = found.difference.interval.model_dump()
        plain |= {"recorded": found.a, "now": found.b, "difference": interval}
    return plain


def _line(verdict: Verdict) -> str:
    notes = f" ({'; '.join(verdict.notes)})" if verdict.notes else ""
    if verdict.found is None:
        return f"{verdict.name}: not compared{notes}"
    found = verdict.found
    interval = found.difference.interval
    return (
        f"{verdict.name}: {'held' if verdict.passed else 'WORSE'}, {verdict.metric} "
        f"{found.a:.3f} → {found.b:.3f}, difference {interval.value:+.3f} "
        f"[{interval.low:+.3f}, {interval.high:+.3f}]{notes}"
    )
