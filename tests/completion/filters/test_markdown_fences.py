"""Markdown around code."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.markdown_fences import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "def f(x):\n    ¦\n", "```python\nx = 1\n```\nText", "x = 1\n"),
        ("python", "def f(x):\n    ¦\n", "\n```\nx = 1\n", "x = 1\n"),
        ("python", "def f(x):\n    ¦\n", "x = 1\n```\nText", "x = 1\n"),
        ("python", "def f(x):\n    ¦\n", "x = 1```", "x = 1"),
        ("python", "def f(x):\n    ¦\n", "x = 1\n", "x = 1\n"),
        ("python", '"""\n¦\n"""\n', "```\ncode\n```", "```\ncode\n```"),
        ("markdown", "¦", "```sh\nls\n```", "```sh\nls\n```"),
        ("go", "¦", "```go\nx := 1\n```", "x := 1\n"),
        ("python", "def f(x):\n    ¦\n", "~~~\nx\n~~~\n", "x\n"),
    ],
)
def test_text(before: Before, language: str, marked: str, text: str, wanted: str) -> None:
    assert FILTER.apply(before(language, marked, text)).text == wanted
