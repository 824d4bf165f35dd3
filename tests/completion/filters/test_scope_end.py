"""What the stopper would have cut."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.scope_end import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "def f(x):\n    ¦\n", "return x\ny = 2\n", "return x\n"),
        ("python", "x = ¦\n", "1\ny", "1"),
        ("javascript", "function f() {\n  ¦\n}\n", "a();\n}", "a();\n"),
        ("python", "def f(x):\n    ¦\n", "x = 1\n    y = 2", "x = 1\n    y = 2"),
        ("python", "def f():\n    ¦\n    return 1\n", "x = 2\n    return 1", "x = 2\n"),
        ("ruby", "def f\n  ¦\nend\n", "1\nend", "1\n"),
    ],
)
def test_text(before: Before, language: str, marked: str, text: str, wanted: str) -> None:
    assert FILTER.apply(before(language, marked, text)).text == wanted
