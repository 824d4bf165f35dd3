"""Two runs of one task, record by record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.errors import UsageError
from eval.results import Record, Result
from eval.statistics import Difference, paired

# What is measured, or follows from it: no reason to doubt a comparison.
MEASURED = frozenset({"n", "metrics", "started", "seconds", "records"})


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric over the records that both runs have; ``a`` and ``b`` are means."""

    a: float
    b: float
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """``n`` is the number of records that both have; ``differing`` says, one line each, what
    else than the scores differs between the runs."""

    n: int
    metrics: Mapping[str, Metric]
    differing: tuple[str, ...]


def compare(a: Result, b: Result) -> Comparison:
    """What ``b`` changes over ``a``. Raises UsageError when they cannot be compared."""
    if a.task != b.task:
        raise UsageError(f"{a.task} and {b.task} are different tasks: compare two runs of one")
    pairs = list(_pairs(a, b))
    if not pairs:
        raise UsageError(
            f"the two runs of {a.task} ({a.arm}, {b.arm}) have no record in common: "
            "run the same arm and limit on both sides"
        )
    names = [name for name in a.metrics if all(_scored(name, *pair) for pair in pairs)]
    if not names:
        raise UsageError(
            f"the two runs share no metric ({', '.join(a.metrics)}; {', '.join(b.metrics)}): "
            "run both with the same number of samples"
        )
    metrics = {}
    for name in names:
        before = [one.scores[name] for one, _ in pairs]
        after = [other.scores[name] for _, other in pairs]
        metrics[name] = Metric(
            sum(before) / len(pairs), sum(after) / len(pairs), paired(before, after)
        )
    return Comparison(len(pairs), metrics, tuple(_differing(a, b, len(pairs))))


def _pairs(a: Result, b: Result) -> Iterator[tuple[Record, Record]]:
    # Two arms may number different problems alike; the reference tells them apart.
    others = {(record.id, record.reference): record for record in b.records}
    for record in a.records:
        if (other := others.get((record.id, record.reference))) is not None:
            yield record, other


def _scored(name: str, one: Record, other: Record) -> bool:
    return name in one.scores and name in other.scores


def _differing(a: Result, b: Result, n: int) -> Iterator[str]:
    if n < max(len(a.records), len(b.records)):
        yield f"records: {len(a.records)} and {len(b.records)}, {n} in both"
    left, right = (_flat(r.model_dump(exclude=set(MEASURED))) for r in (a, b))
    for key in sorted(left.keys() | right.keys()):
        if left.get(key) != right.get(key):
            yield f"{key}: {_shown(left.get(key))} and {_shown(right.get(key))}"


def _flat(value: Any, key: str = "") -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {key: value}
    flat: dict[str, Any] = {}
    for name, inner in value.items():
        flat |= _flat(inner, f"{key}.{name}" if key else str(name))
    return flat


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "none"
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
