"""What a docstring shows, as people write it."""

from __future__ import annotations

import pytest

from assistant.commands.checking.examples import Example, examples


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        (">>> f(1)\n2", Example("f(1)", "2", "value")),
        (">>> f([1, 2])\n[2,3]\nAnd so on.", Example("f([1, 2])", "[2,3]", "value")),
        (">>> f(1) == 2", Example("f(1)", "2", "value")),
        (">>> print(f(1))\ntwo words", Example("print(f(1))", "two words", "text")),
        ("f(1) == 2", Example("f(1)", "2", "value")),
        ("For example, f(1) ==> 2", Example("f(1)", "2", "value")),
        ("f('a(b') => 'x'", Example("f('a(b')", "'x'", "value")),
        ("f(1) -> [1,\n  2]", Example("f(1)", "[1,   2]", "value")),
        ("f(7) should return true.", Example("f(7)", "True", "value")),
        ("assert f(1, 2) == (3, 4)", Example("f(1, 2)", "(3, 4)", "value")),
        (
            "assert math.isclose(f(1), 0.5, rel_tol=0.001)",
            Example("math.isclose(f(1), 0.5, rel_tol=0.001)", "f(1)", "holds"),
        ),
        ("assert f(1) == 2, 'one more'", Example("f(1)", "2", "value")),
        (
            "assert f(4) == 5 and f(2) == 3",
            Example("f(4) == 5 and f(2) == 3", "f(4)", "holds"),
        ),
        ("assert f(\n  [1],\n) == [\n  2,\n]", Example("f([1])", "[2]", "value")),
        ("  assert set(f([1]))==set([1])", Example("set(f([1])) == set([1])", "f([1])", "holds")),
        ("assert f(1) > 2, 'more'", Example("f(1) > 2", "f(1)", "holds")),
        ("f(2) ➞ -1.5", Example("f(2)", "-1.5", "value")),
        ("f(1) == g(2)", Example("f(1)", "g(2)", "value")),
    ],
)
def test_examples_are_read(doc: str, expected: Example) -> None:
    assert examples(doc, "f") == [expected]


@pytest.mark.parametrize(
    "doc",
    [
        "f(a, b) returns the sum",  # parameters, not values
        "Call f(1) to start.",
        "assert other(f) == 1",
        "assert f(string)",  # a variable of its place, though a module has the name
        "assert close(f(x), y)",  # names that only its place has
        "f(1) = 3 - 2 apples",
        "other(1) == 2",
        ">>> setup()",
        "f(1",
        "",
    ],
)
def test_prose_is_no_example(doc: str) -> None:
    assert [each for each in examples(doc, "f") if each.kind != "setup"] == []


def test_each_is_read_once() -> None:
    assert len(examples("f(1) == 2\n>>> f(1)\n2", "f")) == 1
