"""Means with their uncertainty, and what the difference of two runs is worth.

Intervals are percentile bootstrap 95% intervals over the records (Efron 1979): the records
are a sample of what could have been asked, and one record's answers belong together. They
say nothing about another seed or another model's luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval.results import Interval

RESAMPLES = 9999
CONFIDENCE = 0.95
# Resamples held in memory at a time, for benchmarks of thousands of records.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference: second less first, over the same records.

    ``better``, ``worse`` and ``equal`` count records. ``p`` is two-sided, of the exact sign
    test over the records that differ; for scores of 0 and 1 that is McNemar's exact test.
    """

    interval: Interval
    better: int
    worse: int
    equal: int
    p: float


def mean(values: Sequence[float], seed: int = 0) -> Interval:
    """The mean of one score a record, with its interval; the same seed gives the same bounds.

    One value, or values all equal, have an interval of no width. Raises ValueError when
    there is none.
    """
    if not values:
        raise ValueError("the mean of no records is not defined")
    if min(values) == max(values):
        return Interval(value=values[0], low=values[0], high=values[0])
    import numpy
    from scipy.stats import bootstrap

    data = numpy.asarray(values, dtype=float)
    bounds = bootstrap(
        (data,),
        numpy.mean,
        n_resamples=RESAMPLES,
        batch=BATCH,
        confidence_level=CONFIDENCE,
        method="percentile",
        vectorized=True,
        rng=numpy.random.default_rng(seed),
    ).confidence_interval
    return Interval(value=float(data.mean()), low=float(bounds.low), high=float(bounds.high))


def paired(first: Sequence[float], second: Sequence[float], seed: int = 0) -> Difference:
    """How the second run's scores differ from the first's, record by record.

    Raises ValueError when the two are not of one length, or empty.
    """
    changes = [after - before for before, after in zip(first, second, strict=True)]
    interval = mean(changes, seed)
    better = sum(change > 0 for change in changes)
    worse = sum(change < 0 for change in changes)
    return Difference(interval, better, worse, len(changes) - better - worse, sign(better, worse))


def sign(better: int, worse: int) -> float:
    """Two-sided p of the exact sign test: would a fair coin have split them like this?"""
    if better + worse == 0:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(better, better + worse, 0.5).pvalue)
