"""What the user is told of an answer, and the model of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from assistant.commands.checking.examples import examples
from assistant.commands.checking.names import names_check
from assistant.commands.functions import functions
from assistant.commands.implementing.candidate import Candidate
from assistant.commands.implementing.evidence import Evidence
from assistant.commands.implementing.gap import Gap
from assistant.commands.links import fenced, link
from assistant.commands.protocol import Check, Job
from assistant.types import Document

_SHOWN = 3
"""Failures that are named."""
_SHARE = 6
"""Part of the model's window that tests may take."""


def checks(best: Candidate, gap: Gap, evidence: Evidence, compared: int) -> tuple[Check, ...]:
    """``compared`` answers were tried against each other."""
    return tuple(_checks(best, gap, evidence, compared))


def _checks(best: Candidate, gap: Gap, evidence: Evidence, compared: int) -> Iterator[Check]:
    yield Check("parses", best.parses)
    if gap.language.name != "python":
        return
    where = " (inside the function: at the head the modules would import each other)"
    own = [f"{line}{where if best.inside else ''}" for line in best.own]
    yield names_check(
        best.missing, parses=best.parses, hidden=best.hidden, own=own, places=best.places
    )
    yield _examples(best, gap, evidence)
    if (check := _tests(best, evidence)) is not None:
        yield check
    if best.unused:
        yield Check("parameters", None, f"not used: {', '.join(best.unused)}")
    if best.alike and compared > 1:
        most = 2 * best.alike > compared
        detail = f"{best.alike} of {compared} answers behave alike"
        yield Check("agreement", most or None, detail)


def _examples(best: Candidate, gap: Gap, evidence: Evidence) -> Check:
    shown = len(evidence.trials.examples)
    if not shown:
        return Check("examples", None, evidence.untried or _none(best, gap))
    if best.verdict is None:
        return Check("examples", None, "it does not parse")
    if best.verdict.fault or best.verdict.untried:
        why = best.verdict.fault or best.verdict.untried
        return Check("examples", False if best.verdict.fault else None, why)
    failed = [why for why in best.verdict.examples if why]
    detail = f"{shown - len(failed)} of {shown} hold"
    return Check("examples", not failed, "; ".join([detail, *dict.fromkeys(failed[:_SHOWN])]))


def _none(best: Candidate, gap: Gap) -> str:
    if gap.function is not None:
        return "the docstring shows none"
    own = sum(
        len(examples(found.doc, found.name))
        for found in functions(Document(Path("answer"), dedent(best.body), gap.language.name))
    )
    said = "nothing that was there shows any"
    return f"{said}; the {own} of the answer's own docstring are no evidence" if own else said


def _tests(best: Candidate, evidence: Evidence) -> Check | None:
    """None where the project has no tests of it."""
    others = len(evidence.others)
    if not evidence.tests:
        why = next(iter(evidence.others.values()), evidence.untried)
        return Check("tests", None, f"none could be tried: {why}") if evidence.others else None
    if best.verdict is None:
        return Check("tests", None, "it does not parse")
    if best.verdict.fault or best.verdict.untried:
        why = best.verdict.fault or best.verdict.untried
        return Check("tests", False if best.verdict.fault else None, why)
    total, broken = len(evidence.tests), set(best.verdict.broken)
    failed = {test: why for test, why in best.verdict.tests.items() if why}
    parts = [f"{total - len(failed)} of {total} pass"]
    for test in sorted(failed, key=lambda each: each not in broken)[:_SHOWN]:
        what = "breaks " if test in broken else ""
        parts.append(f"{what}{test.rsplit('::', 1)[-1]}: {failed[test]}")
    if others:
        parts.append(f"{others} more of the same files fail with and without it")
    return Check("tests", not failed, "; ".join(parts))


def inferred(gap: Gap) -> str:
    """Markdown that names the call sites which the answer was made from."""
    if not gap.uses:
        return ""
    places = ", ".join(link(use.path, use.line) for use in gap.uses)
    return f"\nInferred from its calls at {places}.\n"


def tests(job: Job, evidence: Evidence) -> str:
    """The tests that do not pass yet, for a question; empty where there are none."""
    shown = evidence.sources()[: 4 * job.model.window // _SHARE]
    return f"Tests that it must pass (material):\n{fenced(shown, 'python')}\n" if shown else ""
