"""EvalPlus's rules of comparison, in process."""

from __future__ import annotations

import math
from typing import Any

import pytest

from eval.differential import check, expected, typed


def right(entry: str, got: Any, want: Any, atol: float = 0) -> bool:
    try:
        check(lambda: got, entry, [[]], [want], atol)
    except AssertionError:
        return False
    return True


def test_expected_runs_on_copies() -> None:
    program = "def pop(items):\n    return items.pop()\n"
    inputs = [[[1, 2]], [[3]]]
    assert expected(program, "pop", inputs) == [2, 3]
    assert inputs == [[[1, 2]], [[3]]]


def test_check_runs_on_copies_and_counts_inputs() -> None:
    inputs = [[[1, 2]], [[3, 4]]]
    check(list.pop, "pop", inputs, [2, 4], 0)
    with pytest.raises(AssertionError, match="input 1 of 2"):
        check(list.pop, "pop", inputs, [2, 5], 0)
    assert inputs == [[[1, 2]], [[3, 4]]]


def test_check_raises_what_the_function_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        check(lambda x: 1 / x, "f", [[0]], [0], 0)


@pytest.mark.parametrize(
    ("got", "want", "atol", "verdict"),
    [
        (1, 1, 0, True),
        (1, 2, 0, False),
        (1, True, 0, True),
        ("a", "b", 1e-4, False),
        ([1, 2], (1, 2), 0, False),
        (0.1 + 0.2, 0.3, 0, True),
        (1.0 + 5e-6, 1.0, 0, False),
        (1.0 + 5e-6, 1.0, 1e-4, True),
        ([0.1 + 0.2], [0.3], 0, True),
        ([0.1 + 0.2, 1], [0.3, 1], 0, False),
        ([0.3], [0.3, 0.3], 0, False),
        ((0.30000000000000004,), [0.3], 0, False),
        (1, 1.0 + 1e-9, 0, False),
        (math.nan, math.nan, 0, False),
    ],
)
def test_equal_or_close(got: Any, want: Any, atol: float, verdict: bool) -> None:
    try:
        assert right("f", got, want, atol) == verdict
    except TypeError:  # numpy compares no strings; the driver counts any exception as a failure
        assert not verdict


def test_the_tolerance_stays_once_a_float_was_expected() -> None:
    answers = iter([1.0, [0.1 + 0.2, 1]])
    check(lambda: next(answers), "f", [[], []], [1.0, [0.3, 1]], 0)


@pytest.mark.parametrize(
    ("entry", "got", "want", "verdict"),
    [
        ("larg_nnum", [3, 2], [2, 3], True),
        ("larg_nnum", [3], [2, 3], False),
        ("other", [3, 2], [2, 3], False),
        ("are_equivalent", False, True, True),
        ("sum_div", 0, 7, True),
        ("sum_div", 6, 7, False),
    ],
)
def test_functions_with_rules_of_their_own(entry: str, got: Any, want: Any, verdict: bool) -> None:
    assert right(entry, got, want) == verdict


def test_any_root_will_do() -> None:
    inputs = [[[-4.0, 0.0, 1.0]]]
    for root in (2.0, -2.0, 2.00001):
        check(lambda _, root=root: root, "find_zero", inputs, [2.0], 1e-4)
    with pytest.raises(AssertionError):
        check(lambda _: 1.9, "find_zero", inputs, [2.0], 1e-4)


@pytest.mark.parametrize(
    ("number", "given", "types"),
    [
        (116, [[1, 2]], [(1, 2)]),
        (63, [[[1, 2]]], [[(1, 2)]]),
        (75, [[[1, 2]], 2], [[(1, 2)], 2]),
        (106, [[1], [2]], [[1], (2,)]),
        (115, [[[1, 1], [], {}]], [[{1}, {}, {}]]),
        (124, ["0", "1j"], [0.0, 1j]),
        (252, ["(1+2j)"], [1 + 2j]),
        (307, [[1, []], 1, 50], [(1, []), 1, 50]),
        (259, [[[1], [2]]], [((1,), (2,))]),
        (278, [[1, [2, [3]]]], [(1, (2, [3]))]),
        (11, [[1, 2]], [[1, 2]]),
    ],
)
def test_arguments_get_their_types(number: int, given: Any, types: Any) -> None:
    (arguments,) = typed(f"Mbpp/{number}", [given])
    assert list(arguments) == types


def test_humaneval_needs_no_types() -> None:
    assert typed("HumanEval/116", [[[1, 2]]]) == [[[1, 2]]]
