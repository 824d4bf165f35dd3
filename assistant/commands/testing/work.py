"""From a function on the bench to tests that were run: the same for every language.

As for Python: what comments show comes first, running the code says the rest, mutants decide which
tests are kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.commands.checking.worth_showing import chosen, gains
from assistant.commands.links import fenced
from assistant.commands.protocol import Answer, Check, FileEdit, Job
from assistant.commands.testing.asking import proposed
from assistant.commands.testing.case import Case
from assistant.commands.testing.framework import Bench, Files, Ran
from assistant.commands.testing.mutating import mutants
from assistant.context.reading import decode
from assistant.sandbox.init import WORK

MUTANTS = 24
MOST = 12
"""Tests that are shown."""


async def answered(job: Job, bench: Bench, files: Files) -> Answer:
    """Tests for what is on the bench; ``files`` are the project's."""
    job.report("trying its examples")
    probed = await asyncio.to_thread(bench.probe)
    wrong = [
        f"{case.call} {why}" for case, why in zip(bench.examples, probed.failed, strict=True) if why
    ]
    if wrong:
        return _looks_wrong(bench, wrong)
    job.report("thinking of inputs")
    calls, attempts = await proposed(job, bench, probed.names)
    job.report("running them")
    answer = await asyncio.to_thread(_tested, job, bench, files, calls)
    return replace(answer, attempts=attempts)


def _looks_wrong(bench: Bench, wrong: Sequence[str]) -> Answer:
    said = "\n".join(f"- {each}" for each in wrong)
    markdown = f"`{bench.target.name}` does not do what its own comment shows:\n\n{said}\n\n"
    markdown += "No test was written: one that passes would say that this is right. "
    markdown += "Fix the code, or the comment, first.\n"
    return Answer(markdown, checks=(Check("examples", False, "; ".join(wrong[:3])),))


def _tested(job: Job, bench: Bench, files: Files, calls: Sequence[str]) -> Answer:
    target = bench.target
    # What holds in this folder only is no test.
    noted = [case for case in bench.noted(calls) if WORK not in case.want]
    cases = list({case.call: case for case in [*noted, *bench.examples]}.values())
    cases.sort(key=lambda case: not case.shown)
    faults = mutants(
        target.text, target.start, target.end, target.language, MUTANTS, job.options.seed
    )
    original, others, number = bench.judged(cases, faults)
    found = gains(original, others)
    names = [str(n) for n in range(len(cases))]
    first = [name for name in names if cases[int(name)].shown]
    kept = chosen(found, first, [name for name in names if name not in first], MOST)
    known = files.get(bench.path, b"")
    existing = known if isinstance(known, str) else decode(known)
    kept, ran = _confirmed(bench, cases, kept, existing)
    if not kept:
        said = "No test was found that passes and tells a fault from the code.\n"
        if ran.fault:
            said += f"\n{ran.fault}\n"
        return Answer(said, checks=(Check("tests", False, ran.fault or "none is worth showing"),))
    killed = {number for name in kept for number in found[name].killed}
    return _written(
        job,
        bench,
        existing,
        [cases[int(name)] for name in kept],
        ran,
        (len(killed), number),
        is_there=bench.path in files,
    )


def _file(job: Job, bench: Bench) -> Path:
    place = job.place
    return (place.root if place.root is not None else place.document.path.parent) / bench.path


def _confirmed(
    bench: Bench, cases: Sequence[Case], kept: list[str], existing: str
) -> tuple[list[str], Ran]:
    """Those of ``kept`` that pass where they will stand, as the framework itself runs them."""
    ran = Ran()
    while kept:
        chosen_cases = [cases[int(name)] for name in kept]
        ran = bench.ran(chosen_cases, bench.added(chosen_cases, existing).applied(existing))
        if ran.fault:
            return [], ran
        left = [name for name, why in zip(kept, ran.results, strict=True) if not why]
        if left == kept:
            break
        kept = left
    return kept, ran


def _written(
    job: Job,
    bench: Bench,
    existing: str,
    cases: Sequence[Case],
    ran: Ran,
    mutants: tuple[int, int],
    *,
    is_there: bool,
) -> Answer:
    path, file = bench.path, _file(job, bench)
    added = bench.added(cases, existing)
    if existing.strip():
        edits = [FileEdit(file, added.end, added.end, added.tests)]
        if added.imports:
            edits.insert(0, FileEdit(file, added.at, added.at, added.imports))
    else:
        edits = [FileEdit(file, 0, len(existing), added.applied(existing))]
    lines = bench.statements
    checks = (
        Check("tests", True, f"{len(cases)} pass, and each fails on some fault put in"),
        Check("coverage", True, f"{len(ran.lines & lines)} of {len(lines)} lines are reached"),
        Check("mutants", True, f"{mutants[0]} of {mutants[1]} faults put in are found"),
    )
    shown = f"{added.imports.strip()}\n\n{added.tests.strip()}".strip()
    markdown = f"In {path}:\n\n" + fenced(shown, bench.fence)
    if found := sum(not case.shown for case in cases):
        markdown += f"\nOf {found} of {len(cases)} tests the expected values are what the code "
        markdown += "gives today: its comment does not say. Look at whether they are right.\n"
    if bench.note:
        markdown += f"\n{bench.note}\n"
    texts = {file: existing if is_there else None}
    return Answer(markdown, tuple(edits), checks, texts=texts)
