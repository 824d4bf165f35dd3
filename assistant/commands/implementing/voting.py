"""A vote among answers where nothing says what the function should do."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from assistant.commands.checking.agreement import behaviours
from assistant.commands.functions import Function
from assistant.commands.implementing.candidate import Candidate
from assistant.commands.implementing.evidence import Evidence
from assistant.commands.implementing.gap import Gap
from assistant.commands.implementing.reading import made_function
from assistant.commands.protocol import Job
from assistant.errors import UsageError


def voted(
    job: Job, gap: Gap, evidence: Evidence, found: Sequence[Candidate]
) -> tuple[list[Candidate], int]:
    """``found`` with how many behave like each, and how many were compared. It is settled when
    there are to be no more, when half of all agree already, or when nothing that can be tried tells
    them apart."""
    last = len(found) >= job.options.candidates
    if len(found) == 1 and not last:
        return [replace(each, settled=not _votes(gap, each)) for each in found], 0
    usable = [each for each in found if each.usable]
    try:
        alike = _alike(job, gap, evidence, usable)
    except UsageError:
        alike = [0] * len(usable)  # nothing is run here
    most = max(alike, default=0)
    settled = last or most == 0 or 2 * most >= job.options.candidates
    known = {id(each): number for each, number in zip(usable, alike, strict=True)}
    return [replace(each, settled=settled, alike=known.get(id(each), 0)) for each in found], len(
        usable
    )


def _votes(gap: Gap, one: Candidate) -> bool:
    """Whether it can be compared with others: of a new method nobody knows how its object is
    made."""
    made = made_function(gap, one.body, one.text)
    return gap.function is not None or not one.usable or (made is not None and not made.owner)


def _alike(job: Job, gap: Gap, evidence: Evidence, usable: Sequence[Candidate]) -> list[int]:
    trials, texts = evidence.trials, [each.text for each in usable]
    if gap.function is not None:
        return _sizes(behaviours(job, trials, gap.function, texts))
    made = [made_function(gap, each.body, each.text) for each in usable]
    able = [one if one is not None and not one.owner else None for one in made]
    there = [one for one in able if one is not None]
    if not there:
        return [0] * len(usable)
    texts, names = [one.text for one in there], [one.name for one in there]
    numbers = iter(_sizes(behaviours(job, trials, _usual(there), texts, names, gap.calls)))
    return [next(numbers) if one is not None else 0 for one in able]


def _sizes(seen: Sequence[tuple[str, ...]]) -> list[int]:
    """How many behave like each, itself included; 0 for one that behaves like nobody."""
    return [seen.count(each) if each else 0 for each in seen]


def _usual(made: Sequence[Function]) -> Function:
    """The first of those that take as much as most do."""
    taking = [_taking(one) for one in made]
    return made[taking.index(Counter(taking).most_common(1)[0][0])]


def _taking(made: Function) -> int:
    """How many arguments it can be given."""
    function = ast.parse(f"{made.signature} ...").body[0]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    return len(function.args.posonlyargs) + len(function.args.args)
