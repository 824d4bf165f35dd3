"""Without examples, what most answers do is taken."""

from __future__ import annotations

import pytest
from scripted_model import Scripted, implement, place

from assistant.commands.edits import applied
from assistant.commands.protocol import Answer, Check
from assistant.sandbox import unavailable

pytestmark = pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")

TEXT = 'def middle(a, b):\n    """What lies between."""\n'
ALIKE = ("\n    return (a + b) / 2", "\n    return a + (b - a) / 2", "\n    return (b + a) * 0.5")


def agreement(answer: Answer) -> Check | None:
    return next((check for check in answer.checks if check.name == "agreement"), None)


def test_the_first_of_the_largest_group_is_taken() -> None:
    model = Scripted("\n    return a", "\n    return b", *ALIKE, "\n    return max(a, b)")
    answer = implement(model, place(TEXT, "def"), candidates=6)
    assert applied(TEXT, answer.edits) == f"{TEXT.rstrip()}{ALIKE[0]}\n"
    assert agreement(answer) == Check("agreement", None, "3 of 6 answers behave alike")
    assert answer.attempts == 6


def test_where_half_of_all_agree_no_more_are_drawn() -> None:
    model = Scripted(ALIKE[0], *ALIKE, "\n    return 5")
    answer = implement(model, place(TEXT, "def"), candidates=8)
    assert answer.attempts == 4
    assert agreement(answer) == Check("agreement", True, "4 of 4 answers behave alike")


def test_of_groups_of_one_size_the_greedy_answers_is_taken() -> None:
    model = Scripted("\n    return b - a", *ALIKE[:2], "\n    return b - a + 0", "\n    1 / 0")
    answer = implement(model, place(TEXT, "def"), candidates=5)
    assert "return b - a\n" in applied(TEXT, answer.edits)


def test_answers_that_only_fail_are_no_group() -> None:
    fails = ("\n    return a.b", "\n    return 1 // 0", "\n    raise ValueError(a)")
    answer = implement(Scripted("\n    return a", *fails), place(TEXT, "def"), candidates=4)
    assert applied(TEXT, answer.edits).endswith("return a\n")


def test_what_cannot_be_called_keeps_the_greedy_answer() -> None:
    text = (
        "class A:\n    def __init__(self, x, y):\n        pass\n\n    def f(self):\n        ...\n"
    )
    model = Scripted("\n        return 1", "\n        return 2")
    answer = implement(model, place(text, "def f"), candidates=4)
    assert "return 1" in applied(text, answer.edits)
    assert agreement(answer) is None


def test_new_functions_are_compared_whatever_they_are_called() -> None:
    text = "# return the mean of two numbers\n"
    answers = ["first(a, b):\n    return a\n", "mean(a, b):\n    return (a + b) / 2\n"]
    answers += ["middle(x, y):\n    return x + (y - x) / 2\n", "mean(a):\n    return a / 2\n"]
    answer = implement(Scripted(*answers), place(text, "mean"), candidates=4)
    assert applied(text, answer.edits) == f"{text}def {answers[1]}"
    assert agreement(answer) == Check("agreement", None, "2 of 4 answers behave alike")
    # Its calls in the file say what it is given.
    text = "print(tally({'a': [1]}))\n"
    answers = [":\n    return 1\n", ":\n    return len(mapping['a'])\n"]
    answers += [":\n    return len([*mapping['a']])\n", ":\n    return mapping.a\n"]
    answer = implement(Scripted(*answers), place(text, "tally"), candidates=4)
    assert "return len(mapping['a'])" in applied(text, answer.edits)


def test_a_new_method_is_taken_as_it_comes() -> None:
    text = "class Bag:\n    items = [1]\n\n    # return the sum of all items\n"
    model = Scripted("total(self):\n    return sum(self.items)\n", "no(self):\n    return 0\n")
    assert implement(model, place(text, "sum")).attempts == 1
