"""A model's test file, taken apart."""

from __future__ import annotations

import pytest

from assistant.sandbox.testing import Suite, code_of, split

HEADER = "from under_test import add_one"


def taken(code: str) -> Suite:
    return split(code, ("add_one",), HEADER)


def checks(body: str) -> bool:
    [case] = taken(f"def test_it():\n    {body}\n").cases
    return case.checks


def test_code_is_that_of_the_fences() -> None:
    answer = "Here:\n```python\nimport os\n```\nand\n```py\ndef test_a(): ...\n```\nDone."
    assert code_of(answer) == "import os\n\ndef test_a(): ...\n"


def test_a_fence_may_be_unfinished_or_absent() -> None:
    assert code_of("```python\ndef test_a():\n    assert f(") == "def test_a():\n    assert f("
    assert code_of("  def test_a():\n      pass") == "def test_a():\n    pass"
    assert code_of("I cannot write tests.") == ""


def test_another_language_is_no_test() -> None:
    assert code_of("```java\nclass Test {}\n```\n```\ndef test_a(): ...\n```") == (
        "def test_a(): ...\n"
    )


def test_each_test_has_a_file_with_imports_and_helpers() -> None:
    suite = taken(
        "from __future__ import annotations\nimport math\nTWO = 2\n\n"
        "def test_a():\n    assert add_one(TWO) == 3\n\n"
        "def helper(): ...\n\n"
        "class TestB:\n    def test_c(self): assert add_one(1)\n    def other(self): ...\n"
    )
    assert [case.node for case in suite.cases] == [
        "test_000.py::test_a",
        "test_001.py::TestB::test_c",
    ]
    assert suite.files["test_000.py"] == (
        f"from __future__ import annotations\n{HEADER}\nimport math\nTWO = 2\ndef helper(): ...\n\n"
        "def test_a():\n    assert add_one(TWO) == 3\n"
    )
    assert suite.parses


def test_copies_of_the_target_and_calls_are_left_out() -> None:
    suite = taken(
        "from solution import add_one\n\ndef add_one(n):\n    return 3\n\n"
        "def test_a():\n    assert add_one(2) == 3\n\nif __name__ == '__main__':\n    test_a()\n"
    )
    assert suite.files == {
        "test_000.py": f"{HEADER}\n\ndef test_a():\n    assert add_one(2) == 3\n"
    }


def test_what_does_not_parse_costs_only_itself() -> None:
    suite = taken(
        "import math\n\n@deco\ndef test_a():\n    assert add_one(2) == 3\n\n"
        "def test_b(:\n    pass\n\ndef test_c():\n    assert add_one("
    )
    assert [(case.name, bool(case.node)) for case in suite.cases] == [
        ("test_a", True),
        ("test_b", False),
        ("test_c", False),
    ]
    assert "@deco" in suite.files["test_000.py"]
    assert not suite.parses


def test_an_answer_without_tests_has_no_case() -> None:
    assert taken("").cases == ()
    assert not taken("").parses
    assert taken("x = 1\n").cases == ()


@pytest.mark.parametrize(
    "body",
    [
        "assert add_one(2) == 3",
        "assert add_one(2) == add_one(2)",
        "with pytest.raises(TypeError): add_one(None)",
        "self.assertEqual(add_one(2), 3)",
        "if add_one(2) != 3: raise AssertionError",
    ],
)
def test_what_checks(body: str) -> None:
    assert checks(body)


@pytest.mark.parametrize(
    "body",
    ["add_one(2)", "assert True", "n = 1; assert n == n", "assert 1 == 1", "self.assertTrue(1)"],
)
def test_what_checks_nothing(body: str) -> None:
    assert not checks(body)


def test_a_helper_checks_for_its_caller() -> None:
    suite = taken(
        "def check(n):\n    assert add_one(n) == n + 1\n\n"
        "def look(n):\n    add_one(n)\n\n"
        "def test_a():\n    check(2)\n\ndef test_b():\n    look(2)\n"
    )
    assert [case.checks for case in suite.cases] == [True, False]


def test_at_most_twenty_tests_are_looked_at() -> None:
    assert len(taken("def test_a():\n    assert add_one(2)\n\n" * 50).cases) == 20


START = "def test_a():\n    assert add_one(2) == 3\n"


@pytest.mark.parametrize(
    ("text", "cases"),
    [
        pytest.param("\ud800" + START, 0, id="surrogate before"),
        pytest.param(START + "def test_b():\n    assert '\udc80'\n", 2, id="surrogate"),
        pytest.param(START + "\0", 1, id="NUL"),
        pytest.param(START + "x = " + "a + " * 16_000, 1, id="deep tree"),
        pytest.param(START + "x = " + "(" * (1 << 20), 1, id="brackets"),
        pytest.param(START + "\n" * (1 << 20), 1, id="empty lines"),
        pytest.param("@\n" * (1 << 19), 0, id="decorators"),
        pytest.param("```" + " " * (1 << 20), 0, id="half a fence"),
        pytest.param("class " * (1 << 17), 0, id="class"),
    ],
)
def test_any_text_can_be_taken_apart(text: str, cases: int) -> None:
    assert len(taken(code_of(text)).cases) == cases
