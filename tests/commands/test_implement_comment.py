"""A comment that asks for code: what is written goes below it, and it stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted_model import Scripted, implement, place

from assistant.commands.edits import applied
from assistant.commands.implementing.comments import comment_at
from assistant.commands.protocol import Check, Place, commands
from assistant.errors import UsageError
from assistant.types import Document

FIBONACCI = '''fib(n: int) -> int:
    """The n-th Fibonacci number.

    >>> fib(2)
    5
    """
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(10))
```
'''


def check_of(checks: tuple[Check, ...], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_a_whole_function_goes_below_the_comment() -> None:
    text = "import os\n\n# return the n-th Fibonacci number\n\nLIMIT = 1\n"
    model = Scripted(FIBONACCI)
    answer = implement(model, place(text, "n-th"))
    after = applied(text, answer.edits)
    assert after.startswith("import os\n\n# return the n-th Fibonacci number\ndef fib(n: int) ->")
    assert after.endswith("fib(n - 1) + fib(n - 2)\n\n\nLIMIT = 1\n")
    assert "print" not in after
    assert model.asked[0][-1].content.endswith("# return the n-th Fibonacci number\ndef ")
    assert "Google" in model.asked[0][1].content
    assert check_of(answer.checks, "agreement").passed is True


def test_examples_of_its_own_are_no_evidence() -> None:
    text = "# return the n-th Fibonacci number\n"
    answer = implement(Scripted(FIBONACCI), place(text, "n-th"))
    check = check_of(answer.checks, "examples")
    assert check.passed is None
    assert "the 1 of the answer's own docstring are no evidence" in check.detail


def test_examples_in_the_comment_are() -> None:
    text = "# return the n-th Fibonacci number, so that fib(6) == 8"
    model = Scripted(
        "(n):\n    return n\n", "(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
    )
    right = model.answers[1]
    model.answers[1:1] = ["(n):\n    return 2 * n\n"]
    answer = implement(model, place(text, "n-th"), repairs=0)
    assert applied(text, answer.edits) == f"{text}\ndef fib{right}"
    assert check_of(answer.checks, "examples").passed is True


def test_a_method_has_its_class_around_it() -> None:
    text = "class Bag:\n    items = [1]\n\n    # return the sum of all items\n\nLIMIT = 1\n"
    answer = implement(Scripted("total(self):\n    return sum(self.items)\n"), place(text, "sum"))
    below = (
        "    # return the sum of all items\n    def total(self):\n        return sum(self.items)\n"
    )
    assert below in applied(text, answer.edits)


def test_statements_go_where_the_comment_is() -> None:
    text = "def tidy(people):\n    # sort by age, then drop the doubles\n    return people\n"
    model = Scripted(
        "\n    people = sorted(people, key=lambda each: each.age)\n"
        "    people = list(dict.fromkeys(people))\n    return people\n```"
    )
    answer = implement(model, place(text, "sort"), candidates=1)
    assert applied(text, answer.edits) == (
        "def tidy(people):\n    # sort by age, then drop the doubles\n"
        "    people = sorted(people, key=lambda each: each.age)\n"
        "    people = list(dict.fromkeys(people))\n    return people\n"
    )
    assert model.asked[0][-1].content.endswith("# sort by age, then drop the doubles")


def test_a_placeholder_gives_way() -> None:
    text = "class Bag:\n    def tidy(self):\n        # drop all the doubles\n        pass\n"
    whole = "    def tidy(self):\n        # drop all the doubles\n        self.x = set(self.x)\n"
    answer = implement(Scripted(whole), place(text, "drop"), candidates=1)
    assert applied(text, answer.edits) == f"class Bag:\n{whole}"


def test_a_body_of_comments_alone() -> None:
    text = "def tidy(people):\n    # sort them by age\n\n\nLIMIT = 1\n"
    answer = implement(Scripted("\n    people.sort()\n"), place(text, "sort"), candidates=1)
    assert "age\n    people.sort()\n\n\nLIMIT" in applied(text, answer.edits)


def test_above_a_stub_it_is_what_the_stub_is_to_do() -> None:
    text = "# double the number: twice(2) == 4\ndef twice(number):\n    pass\n"
    model = Scripted("\n    return number\n", "\n    return 2 * number\n")
    answer = implement(model, place(text, "double"), repairs=0)
    assert applied(text, answer.edits) == text.replace("pass", "return 2 * number")
    assert "A comment above it says:\ndouble the number" in model.asked[0][1].content


@pytest.mark.parametrize(
    ("name", "text", "said", "begun"),
    [
        ("a.js", "// return the n-th square\n", "square(n) {\n  return n * n;\n}", "function "),
        (
            "a.go",
            "package a\n\n// return the n-th square\n",
            "Sq(n int) int {\n\treturn n\n}",
            "func ",
        ),
        (
            "A.java",
            "class A {\n    // return the n-th square\n}\n",
            "\nint square(int n) {\n    return n * n;\n}\n\nvoid more() {}\n",
            "square",
        ),
    ],
)
def test_other_languages(name: str, text: str, said: str, begun: str) -> None:
    model = Scripted(f"{said}\n```")
    answer = implement(model, place(text, "n-th", Path("/nowhere") / name, language=""))
    assert answer.checks == (Check("parses", True),)
    after = applied(text, answer.edits)
    assert after.index("// return the n-th square\n") < after.index("return n")
    assert model.asked[0][-1].content.endswith(begun)
    assert "more" not in after


def test_an_answer_without_code_is_said() -> None:
    with pytest.raises(UsageError, match="held no code"):
        implement(Scripted("I cannot do that."), place("# return the n-th square\n", "n-th"))


@pytest.mark.parametrize(
    "said",
    [
        "# return the n-th Fibonacci number",
        "# TODO: parse a date out of a line",
        "# a function that reads a file\n# and counts its words",
        "def f():\n    # sort by age, then drop the doubles\n    return 1",
        "def f():\n    x = 1\n    # print all of them\n",
    ],
)
def test_it_is_offered_where_a_comment_asks(said: str) -> None:
    assert commands().get("implement").offers(place(said, "# "))


@pytest.mark.parametrize(
    "said",
    [
        "#!/usr/bin/env python\n",
        "# Copyright 2020, return it to its owner\n",
        "# noqa: F401 find all of them\n",
        "# type: ignore\n",
        "# return total\n",
        "# print(all, of, them)\n",
        "# count = get(all, of) + them\n",
        "# Helpers for the numbers of this file\n",
        "# build the list of names\nNAMES = [1]\n",
        'TEXT = """\n# return the n-th Fibonacci number\n"""\n',
        "x = 1  # return the n-th Fibonacci number\n",
        "def f():\n    # sort the people by age\n    people.sort()\n",
        "def f():\n    # return the sum of both\n    return total\n",
        "#\n# Get the image's characteristics\n",
    ],
)
def test_it_is_not_offered_elsewhere(said: str) -> None:
    assert not commands().get("implement").offers(place(said, "# " if "# " in said else "#"))


def test_a_comment_is_its_lines_together() -> None:
    text = "x = 1\n  # return the n-th\n  # Fibonacci number\n# other\n"
    found = comment_at(Document(Path("a.py"), text, "python"), text.index("number"))
    assert found is not None
    assert (found.said, found.indent) == ("return the n-th Fibonacci number", "  ")
    assert text[found.start : found.end] == "  # return the n-th\n  # Fibonacci number"


def test_where_nothing_is_known_of_the_language_nothing_is_offered() -> None:
    unknown = Place(Document(Path("/x.txt"), "# return the n-th number\n"), 0, 0)
    assert not commands().get("implement").offers(unknown)
