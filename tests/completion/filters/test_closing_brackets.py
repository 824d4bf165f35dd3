"""Closers that stand right of the cursor."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.closing_brackets import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "f(¦)\n", "x)", "x"),
        ("python", "f(¦)\n", "x", "x"),
        ("python", "f(g(¦))\n", "x))", "x"),
        ("python", "f(g(¦)\n", "x))", "x)"),
        ("python", "f(g(¦))\n", "x)", "x"),
        ("python", "f([¦])\n", "1, 2])", "1, 2"),
        ("python", 'f("¦")\n', 'a")', "a"),
        ("python", "f('¦')\n", "a'", "a"),
        ("javascript", "f(¦);\n", "x);", "x"),
        ("python", "f(¦)\n", "(x)", "(x)"),
        ("python", "f(¦)\n", "')'", "')'"),
        ("javascript", "f(¦)\n", "x);", "x);"),
        ("python", "f(¦, y)\n", "x)", "x)"),
        ("go", "x := m[¦]\n", "k]", "k"),
        ("rust", "let x = ¦;\n", "1;", "1"),
    ],
)
def test_text(before: Before, language: str, marked: str, text: str, wanted: str) -> None:
    assert FILTER.apply(before(language, marked, text)).text == wanted


@pytest.mark.parametrize(
    ("language", "marked", "text", "replaced"),
    [
        ("javascript", "f(¦)\n", "x);", ")"),
        ("javascript", "if (¦)\n", "x) {", ")"),
        ("python", "def f(¦):\n", "x) -> int:", "):"),
        ("python", 'f("¦")\n', 'a", b)', '")'),
        ("javascript", "f({¦})\n", "a: 1 }, b)", "})"),
        ("python", "f(¦)\n", "x", ""),
        ("python", "f(¦) + g()\n", "x) - h(", ""),
        ("java", "f(¦);\n", "x).g();", ");"),
    ],
)
def test_what_is_replaced(
    before: Before, language: str, marked: str, text: str, replaced: str
) -> None:
    draft = FILTER.apply(before(language, marked, text))
    assert draft.site.document.text[draft.site.offset : draft.end] == replaced
    assert draft.text == text
