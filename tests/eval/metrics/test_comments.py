"""What is left of code without its comments."""

from __future__ import annotations

import pytest

from assistant.syntax.language import by_name
from eval.metrics.comments import without_comments


@pytest.mark.parametrize(
    ("language", "code", "expected"),
    [
        ("python", "load(f)  # noqa", "load(f)"),
        ("python", "color('#fff')  # größe", "color('#fff')"),
        ("python", "a\n# b\nc", "a\n\nc"),
        ("java", 'get("http://x"); // y', 'get("http://x");'),
        ("java", "a /* b */ + c;", "a + c;"),
        ("python", "x = 1", "x = 1"),
        ("python", "", ""),
    ],
)
def test_comments_go_and_strings_stay(language: str, code: str, expected: str) -> None:
    assert without_comments(code, by_name(language)) == expected
