"""Finished runs made up for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.results import Answered, Model, Options, Record, Result
from eval.statistics import mean


def record(name: str, reference: str = "x = 1", text: str = "x = 1", **scores: float) -> Record:
    scores = scores or {"exact_match": float(text == reference)}
    answered = Answered(
        text=text, scores=scores, prompt_tokens=90, generated_tokens=len(text), seconds=0.25
    )
    return Record(id=name, scores=scores, answers=[answered], reference=reference)


def result(
    records: Sequence[Record],
    *,
    task: str = "fill",
    arm: str = "plain",
    through: str = "raw",
    model: Model | None = None,
    config: Mapping[str, Any] | None = None,
    **others: Any,
) -> Result:
    names = list(records[0].scores)
    return Result(
        task=task,
        arm=arm,
        through=through,
        n=len(records),
        metrics={name: mean([r.scores[name] for r in records]) for name in names},
        model=model or Model(name="small", precision="int4", digest="0123456789abcdef" * 4),
        config=dict(config or {"context": {"budget_tokens": 1200}}),
        options=Options(),
        records=list(records),
        **{
            "commit": "abc1234",
            "seed": 0,
            "started": "2026-01-02T03:04:05+00:00",
            "seconds": 12.0,
            **others,
        },
    )
