"""Intervals and paired tests against what theory says of them."""

from __future__ import annotations

import random
from math import comb

import pytest

from eval.statistics import mean, paired, sign


def test_a_mean_lies_in_its_interval_and_the_width_is_the_binomial_one() -> None:
    scores = [1.0] * 60 + [0.0] * 40
    interval = mean(scores)
    assert interval.value == pytest.approx(0.6)
    half = 1.96 * (0.6 * 0.4 / 100) ** 0.5
    assert interval.low == pytest.approx(0.6 - half, abs=0.015)
    assert interval.high == pytest.approx(0.6 + half, abs=0.015)


def test_the_seed_settles_the_bounds() -> None:
    draw = random.Random(3)
    values = [draw.random() for _ in range(40)]
    assert mean(values, seed=1) == mean(values, seed=1)
    assert mean(values, seed=1) != mean(values, seed=2)


@pytest.mark.parametrize("values", [[0.4], [1.0] * 7, [0.0, 0.0]])
def test_nothing_to_resample_gives_no_width(values: list[float]) -> None:
    interval = mean(values)
    assert (interval.value, interval.low, interval.high) == (values[0],) * 3


def test_no_records_have_no_mean() -> None:
    with pytest.raises(ValueError, match="no records"):
        mean([])


def test_paired_counts_and_mean() -> None:
    difference = paired([0, 0, 1, 1, 0.5], [1, 0, 1, 0, 0.75])
    assert (difference.better, difference.worse, difference.equal) == (2, 1, 2)
    assert difference.interval.value == pytest.approx(0.05)
    assert difference.interval.low < 0.05 < difference.interval.high


def test_pairing_is_sharper_than_two_means() -> None:
    """Hard and easy records move both runs alike; the pairs do not see that."""
    draw = random.Random(5)
    first = [draw.random() for _ in range(80)]
    second = [value + 0.1 + 0.01 * draw.random() for value in first]
    difference = paired(first, second).interval
    assert difference.low > 0.1
    assert mean(first).high > mean(second).low


def test_records_must_pair_up() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired([1.0], [1.0, 0.0])


@pytest.mark.parametrize(("better", "worse"), [(1, 0), (7, 4), (3, 3), (0, 9), (10, 2)])
def test_sign_is_the_binomial_tail_of_mcnemar(better: int, worse: int) -> None:
    n = better + worse
    tail = sum(comb(n, i) for i in range(min(better, worse) + 1)) / 2**n
    assert sign(better, worse) == pytest.approx(min(1.0, 2 * tail))


def test_no_change_is_no_evidence() -> None:
    assert sign(0, 0) == 1.0
    assert paired([0.5, 1], [0.5, 1]).p == 1.0
