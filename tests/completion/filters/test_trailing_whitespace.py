"""Space at the ends of lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.trailing_whitespace import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "def f(x):\n    ¦\n", "x = 1   \n    y = 2  \n", "x = 1\n    y = 2"),
        ("python", "x = ¦\n", "1 \n", "1"),
        ("python", "[¦x]\n", "y ", "y "),
        ("python", "[¦]\n", "y ", "y"),
        ("python", "f(¦ + 1)\n", "x ", "x"),
        ("python", "def f(x):\n    ¦\n", 'x = """\na  \n"""  \n', 'x = """\na  \n"""'),
        ("python", "def f():\n    ¦return 1\n", "x = 2\n", "x = 2\n    "),
        ("javascript", "¦f();\n", "await ", "await "),
        ("python", "def f(x):\n    ¦\n", "x\n   \n    y", "x\n\n    y"),
    ],
)
def test_text(before: Before, language: str, marked: str, text: str, wanted: str) -> None:
    assert FILTER.apply(before(language, marked, text)).text == wanted
