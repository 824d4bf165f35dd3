"""Both edit similarities against the textbook's dynamic program."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.edit_similarity import indel_ratio, levenshtein

WORDS = st.text(alphabet="ab_( ", max_size=12)


def distance(a: str, b: str, substitution: int) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            kept = before + (0 if x == y else substitution)
            before, row[j] = row[j], min(kept, row[j] + 1, row[j - 1] + 1)
    return row[-1]


@given(WORDS, WORDS)
def test_indel_ratio_is_what_its_formula_says(a: str, b: str) -> None:
    left, right = a.strip(), b.strip()
    total = len(left) + len(right)
    expected = 1 - distance(left, right, 2) / total if total else 1.0
    assert indel_ratio(a, b) == pytest.approx(expected)


@given(WORDS, WORDS)
def test_levenshtein_is_what_its_formula_says(a: str, b: str) -> None:
    left, right = a.strip(), b.strip()
    longest = max(len(left), len(right))
    expected = 1 - distance(left, right, 1) / longest if longest else 1.0
    assert levenshtein(a, b) == pytest.approx(expected)


def test_the_two_differ_by_what_a_substitution_costs() -> None:
    assert indel_ratio("cat", "cut") == pytest.approx(2 / 3)
    assert indel_ratio("ab", "xy") == levenshtein("ab", "xy") == 0.0
    assert indel_ratio("abcd", "abc") == pytest.approx(6 / 7)
    assert levenshtein("abcd", "abc") == pytest.approx(3 / 4)
