"""What the page says, drawn from the results; how it looks is in ``page.html``."""

from __future__ import annotations

import json
import shlex
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from pathlib import Path

from assistant.errors import UsageError
from eval.compare import Comparison, compare
from eval.report.difference import Piece, pieces
from eval.report.plots import Row
from eval.results import Answered, Result

EXAMPLES = 50
# Characters of an answer that an example shows.
SHOWN = 4000
# Doors in the order of their distance from the bare model.
DOORS = ("raw", "product", "lsp")


@dataclass(frozen=True, slots=True)
class Example:
    """A record, by its first answer with the lowest main score."""

    id: str
    failed: bool
    scores: dict[str, float]
    detail: str
    reference: str
    answer: str
    parts: tuple[str, ...]
    difference: list[Piece]


@dataclass(frozen=True, slots=True)
class Run:
    """A result with what the page needs to point at it. ``number`` counts from 1."""

    number: int
    file: str
    result: Result

    @property
    def label(self) -> str:
        model = f"{self.result.model.name} {self.result.model.precision}".strip()
        return f"{self.number}  {self.result.arm} · {self.result.through} · {model}"

    @property
    def answers(self) -> list[Answered]:
        return [answer for record in self.result.records for answer in record.answers]

    @property
    def row(self) -> Row:
        return Row(
            label=self.label,
            through=self.result.through,
            metrics=self.result.metrics,
            values={
                "seconds": [answer.seconds for answer in self.answers],
                "prompt tokens": [answer.prompt_tokens for answer in self.answers],
                "generated tokens": [answer.generated_tokens for answer in self.answers],
            },
        )

    @property
    def medians(self) -> dict[str, float]:
        return {name: statistics.median(v) for name, v in self.row.values.items() if v}

    @property
    def config(self) -> str:
        return json.dumps(self.result.config, indent=1, ensure_ascii=False, sort_keys=True)

    @property
    def command(self) -> str:
        """What to type for this run again, with the configuration that the page shows."""
        result, options = self.result, self.result.options
        words = ["assistant", "eval", "run", result.task, "--arm", result.arm]
        words += ["--through", result.through]
        if options.limit:
            words += ["--limit", str(options.limit)]
        if options.samples != 1:
            words += ["--samples", str(options.samples)]
        if options.temperature:
            words += ["--temperature", f"{options.temperature:g}"]
        if options.trigger != "invoked":
            words += ["--trigger", options.trigger]
        words += ["--seed", str(result.seed)]
        return shlex.join(words)

    def examples(self) -> list[Example]:
        """The records with the lowest main score first, at most ``EXAMPLES``."""
        main = next(iter(self.result.metrics), "")
        records = sorted(self.result.records, key=lambda r: r.scores.get(main, 0.0))
        found = []
        for record in records[:EXAMPLES]:
            if not record.answers:
                continue
            worst = min(record.answers, key=lambda a: sum(a.scores.values()))
            found.append(
                Example(
                    id=record.id,
                    failed=record.scores.get(main, 0.0) < 1,
                    scores=record.scores,
                    detail=", ".join(filter(None, (worst.detail, worst.dropped))),
                    reference=record.reference[:SHOWN],
                    answer=worst.text[:SHOWN],
                    parts=tuple(part[:SHOWN] for part in worst.parts),
                    difference=pieces(record.reference, worst.text) if record.reference else [],
                )
            )
        return found


@dataclass(frozen=True, slots=True)
class Pair:
    """Two runs of one task, arm and model, through different doors."""

    first: Run
    second: Run
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Section:
    """All runs of one task."""

    task: str
    runs: list[Run]
    pairs: list[Pair]


def sections(results: Sequence[tuple[Path, Result]]) -> list[Section]:
    """Tasks by name; in each, its runs by arm, model, door and date."""
    ordered = sorted(results, key=lambda named: _order(named[1]))
    runs = [Run(at, path.name, result) for at, (path, result) in enumerate(ordered, 1)]
    found = []
    for task, group in groupby(runs, key=lambda run: run.result.task):
        members = list(group)
        found.append(Section(task, members, list(_pairs(members))))
    return found


def _order(result: Result) -> tuple[object, ...]:
    door = DOORS.index(result.through) if result.through in DOORS else len(DOORS)
    model = result.model
    return result.task, result.arm, model.name, model.precision, model.digest, door, result.started


def _pairs(runs: Sequence[Run]) -> Iterator[Pair]:
    """The latest run through each door, against each other door's."""

    def alike(run: Run) -> tuple[str, ...]:
        model = run.result.model
        return run.result.arm, model.name, model.precision, model.digest

    for _, group in groupby(runs, key=alike):
        latest = {run.result.through: run for run in group}
        for first, second in combinations(latest.values(), 2):
            try:
                yield Pair(first, second, compare(first.result, second.result))
            except UsageError:
                continue  # no record or metric in common: nothing to show
