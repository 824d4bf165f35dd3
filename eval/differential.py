"""A solution against the reference solution, input by input, by the rules of EvalPlus.

Runs inside the sandbox: the standard library, and numpy where floats are compared. Liu et al.
2023 (arXiv 2305.01210), v0.3.1 of github.com/evalplus/evalplus: ``eval/__init__.py``,
``eval/_special_oracle.py``, ``data/mbpp.py`` (which arguments JSON could not hold). Of MBPP
only what ids 11 to 510 need is here, the ones that are scored.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

SAME_SET = {"common_in_nested_lists", "extract_singly", "intersection_array", "larg_nnum"}
"""MBPP functions whose answer's order is not said."""

Arguments = Any  # a list or a tuple


def expected(reference: str, entry: str, inputs: list[Arguments]) -> list[Any]:
    """What the function ``entry`` of the program ``reference`` gives for each input."""
    space: dict[str, Any] = {"__name__": "reference"}
    exec(compile(reference, "reference.py", "exec"), space)  # noqa: S102
    return [space[entry](*copy.deepcopy(arguments)) for arguments in inputs]


def check(
    function: Callable[..., Any],
    entry: str,
    inputs: list[Arguments],
    wanted: list[Any],
    atol: float,
) -> None:
    """Raises AssertionError at the first input whose answer is not right, and whatever
    ``function`` raises. Once a float was expected, 1e-6 is the tolerance from there on."""
    for number, (arguments, want) in enumerate(zip(inputs, wanted, strict=True)):
        got = function(*copy.deepcopy(arguments))
        if entry == "find_zero":  # HumanEval/32: any root will do
            right = abs(_polynomial(arguments[0], got)) <= atol
        else:
            atol = 1e-6 if atol == 0 and _floats(want) else atol
            right = _equal(got, want, entry) or (atol != 0 and _close(got, want, atol))
        assert right, f"input {number} of {len(inputs)}"


def typed(task: str, inputs: list[list[Any]]) -> list[Arguments]:
    """The inputs of one task, with the types that its tests use and JSON does not have."""
    dataset, _, number = task.partition("/")
    if dataset != "Mbpp":
        return list(inputs)
    convert = next((convert for ids, convert in _TYPED if int(number) in ids), list)
    return [convert(arguments) for arguments in inputs]


def _equal(got: Any, want: Any, entry: str) -> bool:
    if entry == "are_equivalent":  # MBPP/164: the text and the reference do not agree
        return True
    if entry == "sum_div" and got == 0:  # MBPP/295: whether a number divides itself
        return True
    if entry in SAME_SET:
        return set(got) == set(want)
    return bool(got == want)


def _close(got: Any, want: Any, atol: float) -> bool:
    import numpy as np

    if type(got) is not type(want):
        return False
    if isinstance(want, list | tuple) and len(got) != len(want):
        return False
    return bool(np.allclose(got, want, rtol=1e-07, atol=atol))


def _floats(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)


def _polynomial(coefficients: list[float], x: float) -> float:
    return sum(coefficient * math.pow(x, power) for power, coefficient in enumerate(coefficients))


def _of_tuples(value: Any) -> Any:
    return [tuple(item) for item in value]


_TYPED: tuple[tuple[set[int], Callable[[Any], Arguments]], ...] = (
    ({116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470}, _of_tuples),
    (
        {63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473},
        lambda args: [_of_tuples(arg) for arg in args],
    ),
    ({75, 413, 444}, lambda args: [_of_tuples(args[0]), args[1]]),
    ({106}, lambda args: [args[0], tuple(args[1])]),
    (
        {115},
        lambda args: [[set(item) if isinstance(item, list) and item else {} for item in args[0]]],
    ),
    ({124}, lambda args: [float(args[0]), complex(args[1])]),
    ({252}, lambda args: [complex(args[0])]),
    ({250, 307, 405, 446}, lambda args: [tuple(args[0]), *args[1:]]),
    ({259, 401, 445}, lambda args: [tuple(_of_tuples(arg)) for arg in args]),
    (
        {278},
        lambda args: [tuple(tuple(item) if isinstance(item, list) else item for item in args[0])],
    ),
)
