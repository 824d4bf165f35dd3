"""The file's indentation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.indentation import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "def f(x):\n    ¦\n", "    return x", "return x"),
        ("python", "def f(x):\n    ¦\n", "\n    return x", "return x"),
        ("python", "x = ¦\n", " 1", "1"),
        ("python", "x =¦\n", " 1", " 1"),
        ("python", "def f(x):\n¦\n", "return x", "    return x"),
        ("python", "def f(x):\n¦\n", "    return x", "    return x"),
        ("go", "func f() {\n\t¦\n}\n", "x()\n    y()", "x()\n\ty()"),
        ("go", "func f() {\n\tg()\n\t¦\n}\n", "x {\n        y()\n    }", "x {\n\t\ty()\n\t}"),
        ("python", "def f():\n    g()\n    ¦\n", "if x:\n\t\ty()", "if x:\n        y()"),
        ("python", "g:\n    h\n    ¦\n", 'x = """\n\ta\n"""\n\ty', 'x = """\n\ta\n"""\n    y'),
        ("python", "if a:\n\tb()\nif c:\n    ¦\n", "d()\n\te()", "d()\n\te()"),
        ("python", "'''a ¦\n'''\n", "  b", "  b"),
        ("javascript", "f {\n  ¦\n}\n", "  a();\n  b();", "a();\n  b();"),
    ],
)
def test_text(before: Before, language: str, marked: str, text: str, wanted: str) -> None:
    assert FILTER.apply(before(language, marked, text)).text == wanted
