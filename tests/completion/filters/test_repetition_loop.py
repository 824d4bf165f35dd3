"""Answers that run in circles."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.repetition_loop import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "def f(x):\n    ¦\n", "a(1)\na(1)\na(1)", "a(1)"),
        ("python", "def f(x):\n    ¦\n", "a(1)\na(1)", "a(1)\na(1)"),
        ("python", "def f(x):\n    ¦\n", "a(1)\nb(2)\na(1)\nb(2)\na(1)\nb(2)\n", "a(1)\nb(2)"),
        ("python", "def f(x):\n    ¦\n", "}\n}\n}\n", "}\n}\n}\n"),
        ("python", "def f(x):\n    ¦\n", "a\nb\nc\na\nb\nc\n", "a\nb\nc"),
        ("python", "x = ¦\n", "[" + "'ab', " * 20, "['ab', "),
        ("python", "x = ¦\n", "-" * 80, "-" * 80),
        ("python", "x = ¦\n", "0, " * 30, "0, " * 30),
    ],
)
def test_text(before: Before, language: str, marked: str, text: str, wanted: str) -> None:
    assert FILTER.apply(before(language, marked, text)).text == wanted
