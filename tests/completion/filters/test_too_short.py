"""What is not worth showing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.too_short import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "x = ¦\n", " \n", ""),
        ("python", "x = ¦\n", "#", ""),
        ("python", "def f(x):\n    ¦\n", '"""', ""),
        ("javascript", "¦", "//", ""),
        ("java", "¦", ";", ""),
        ("python", "x = ¦\n", "1", "1"),
        ("python", "f(¦\n", ")", ")"),
        ("c", "int f() {\n¦", "}", "}"),
        ("python", 'def f():\n    """Text.\n    ¦\n', '"""', '"""'),
        ("c", "/* a\n¦\n", "*/", "*/"),
    ],
)
def test_text(before: Before, language: str, marked: str, text: str, wanted: str) -> None:
    assert FILTER.apply(before(language, marked, text)).text == wanted


def test_what_stands_there_is_not_offered(before: Before) -> None:
    from dataclasses import replace

    draft = before("python", "f(¦)\n", ")")
    draft = FILTER.apply(replace(draft, end=draft.site.offset + 1))
    assert draft.text == ""
    assert "already" in draft.dropped
