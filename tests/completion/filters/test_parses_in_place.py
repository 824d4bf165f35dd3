"""What does not parse where it stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.parses_in_place import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "def f(x):\n    ¦\n", "return x", "return x"),
        ("python", "def f(x):\n    ¦\n", "x = 1\n    y = (", "x = 1"),
        ("javascript", "f(¦);\n", "x", "x"),
        ("", "¦", "))", "))"),
    ],
)
def test_text(before: Before, language: str, marked: str, text: str, wanted: str) -> None:
    assert FILTER.apply(before(language, marked, text)).text == wanted


def test_the_reason_is_given(before: Before) -> None:
    draft = FILTER.apply(before("python", "x = ¦\n", ") the ("))
    assert draft.text == ""
    assert "parse" in draft.dropped
