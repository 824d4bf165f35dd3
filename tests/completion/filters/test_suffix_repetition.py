"""What stands around the cursor already."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.suffix_repetition import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "def f():\n    ¦\n    return total\n", "x = 1\n    return total", "x = 1\n"),
        ("python", "def f():\n    ¦\n    return total\n", "return total", ""),
        ("python", "x = [¦ for y in z]\n", "y for y in z]", "y "),
        ("python", "f(a, ¦bcd, e)\n", "x, bcd", "x, "),
        ("python", "f(a, ¦bcd, e)\n", "abcd", "abcd"),
        ("python", "import os\nimport sys\n¦\n", "import sys", ""),
        ("python", "import os\n¦\n", "import sys", "import sys"),
        ("javascript", "a();\n¦\n}\n", "b();", "b();"),
        ("java", "int x = ¦ + total;\n", "count + total;", "count "),
        ("python", "total += 1\ntotal += ¦\n", "1", ""),
    ],
)
def test_text(before: Before, language: str, marked: str, text: str, wanted: str) -> None:
    assert FILTER.apply(before(language, marked, text)).text == wanted
