"""Calls that show how something is used, each with what it gave when it was run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.commands.protocol import Job
from assistant.commands.testing.asking import proposed
from assistant.commands.testing.case import Case
from assistant.commands.testing.framework import Bench

MOST = 4
"""Calls that are shown."""


async def shown(job: Job, bench: Bench, sites: Sequence[str]) -> tuple[list[Case], int]:
    """The first calls that give something which can be written down, and how often the model was
    asked: those of ``sites`` (code of the project that calls it) and of its comments before the
    model's. Raises UsageError where nothing is run here, EngineError."""
    probed = await asyncio.to_thread(bench.probe)
    lines = "\n".join(map(_joined, sites))
    known = [*bench.calls(lines, probed.names), *(each.call for each in bench.examples)]
    attempts = 0
    # One answer is mostly enough; where nothing came of it others are drawn.
    for options in (replace(job.options, candidates=1), job.options):
        job.report("thinking of calls")
        calls, asked = await proposed(replace(job, options=options), bench, probed.names)
        attempts += asked
        job.report("running them")
        tried = list(dict.fromkeys([*known, *calls]))
        cases = _chosen(await asyncio.to_thread(bench.noted, tried), known)
        if cases:
            return cases, attempts
    return [], attempts


def _joined(site: str) -> str:
    """In one line."""
    closed = re.sub(r"(?<=[(\[{])\s*\n\s*|,?\s*\n\s*(?=[)\]}])", "", site)
    return re.sub(r"\s*\n\s*", " ", closed)


def _chosen(cases: Iterable[Case], known: Sequence[str]) -> list[Case]:
    """Results that differ, the project's own calls first, errors last and one of them only."""
    found: dict[tuple[str, str], Case] = {}
    for case in sorted(cases, key=lambda each: each.call not in known):
        found.setdefault((case.want, case.raises), case)
    give = [case for case in found.values() if not case.raises]
    fail = [case for case in found.values() if case.raises][:1]
    return [*give[: MOST - len(fail)], *fail]


def written(mark: str, cases: Sequence[Case]) -> str:
    """The calls, a line each, what they gave behind them in a comment that ``mark`` begins."""
    return "\n".join(f"{_call(case)}  {mark} {_gave(case)}" for case in cases)


def _call(case: Case) -> str:
    return f"await {case.call}" if case.waited else case.call


def _gave(case: Case) -> str:
    said = f": {case.message}" if case.message else ""
    if case.raises == "panic":
        text = f"panics{said}"
    elif case.raises:
        text = f"throws {case.raises}{said}"
    else:
        text = f"=> {_values(case)}"
    return " ".join(text.split())


def _values(case: Case) -> str:
    """Beside an error other results say nothing."""
    if not any(kind == "error" for _, kind in case.values):
        return case.want
    return ", ".join(
        f"error {text}" if kind == "error" else text for text, kind in case.values if text
    )
