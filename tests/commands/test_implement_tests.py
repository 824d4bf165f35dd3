"""Implementing a function that the project has tests of: they are run before and after."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from scripted_model import Scripted, implement, place

from assistant.commands.edits import applied
from assistant.commands.protocol import Answer, Check
from assistant.sandbox import unavailable

pytestmark = pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")

Write = Callable[..., Path]

TEXTS = '''\
def slug(title):
    """A title as it stands in an address."""


def shout(text):
    return text.upper()
'''
TESTS = """\
    import pytest

    from texts import shout, slug


    @pytest.fixture
    def made():
        return slug("In A Fixture")


    def test_spaces():
        assert slug("A new day") == "a-new-day"


    def test_marks_stay():
        assert slug("hello!") == "hello!"


    def test_of_a_fixture(made):
        assert made == "in-a-fixture"


    def test_nothing_comes_of_nothing():
        assert not slug("")


    def test_shout():
        assert shout("a") == "A"


    def test_that_fails_anyway():
        assert shout("a") == "a"
"""
RIGHT = "\n    return title.lower().replace(' ', '-')\n"
BREAKS = "\n    return title.lower().replace(' ', '-').replace('!', '') or '?'\n"


def check_of(answer: Answer) -> Check:
    [found] = [check for check in answer.checks if check.name == "tests"]
    return found


def test_the_body_that_passes_them_is_taken(write: Write) -> None:
    root = write({"texts.py": TEXTS, "tests/test_texts.py": TESTS})
    model = Scripted(BREAKS, BREAKS, RIGHT)
    where = place(TEXTS, "slug", root / "texts.py", root=root)
    answer = implement(model, where, repairs=0)
    assert "replace('!'" not in applied(TEXTS, answer.edits)
    check = check_of(answer)
    assert check.passed is True
    assert check.detail.startswith("4 of 4 pass; 1 more of the same files fail")
    asked = model.asked[0][1].content
    assert 'assert slug("A new day") == "a-new-day"' in asked
    assert "test_shout" not in asked


def test_what_fails_is_handed_back_and_what_breaks_is_said(write: Write) -> None:
    root = write({"texts.py": TEXTS, "tests/test_texts.py": TESTS})
    model = Scripted(BREAKS)
    where = place(TEXTS, "slug", root / "texts.py", root=root)
    answer = implement(model, where, candidates=1, repairs=1)
    check = check_of(answer)
    assert check.passed is False
    assert check.detail.startswith("2 of 4 pass; breaks test_nothing_comes_of_nothing: ")
    assert "test_marks_stay: test_texts.py:16: " in check.detail
    said = model.asked[1][-2].content
    assert "test_marks_stay: " in said
    assert "'hello' == 'hello!'" in said


def test_a_stub_that_does_not_parse_has_its_tests_as_well(write: Write) -> None:
    text = "def slug(title):\n    # what stands in an address\n"
    tests = "from texts import slug\n\n\ndef test_it():\n    assert slug('A') == 'a'\n"
    root = write({"texts.py": text, "tests/test_texts.py": tests})
    where = place(text, "def", root / "texts.py", root=root)
    answer = implement(Scripted("\n    return title.lower()"), where, candidates=1)
    assert check_of(answer).detail == "1 of 1 pass"


def test_tests_that_cannot_run_are_no_evidence(write: Write) -> None:
    tests = f"import a_package_that_is_not_there\n{TESTS}".replace("\n    ", "\n")
    root = write({"texts.py": TEXTS, "tests/test_texts.py": tests})
    where = place(TEXTS, "slug", root / "texts.py", root=root)
    answer = implement(Scripted(RIGHT), where, candidates=1)
    check = check_of(answer)
    assert check.passed is None
    assert "a_package_that_is_not_there" in check.detail


def test_without_tests_nothing_is_said_of_them(write: Write) -> None:
    root = write({"texts.py": TEXTS})
    where = place(TEXTS, "slug", root / "texts.py", root=root)
    answer = implement(Scripted(RIGHT), where, candidates=1)
    assert [check.name for check in answer.checks] == ["parses", "names", "examples"]
