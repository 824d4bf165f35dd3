"""The file's own line ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.line_endings import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "a\r\n¦\r\n", "x\ny\n", "x\r\ny\r\n"),
        ("python", "a\n¦\n", "x\ny\n", "x\ny\n"),
        ("python", "a\r\n¦\r\n", "x\r\ny", "x\r\ny"),
        ("python", "a\r\n¦", "x", "x"),
    ],
)
def test_text(before: Before, language: str, marked: str, text: str, wanted: str) -> None:
    assert FILTER.apply(before(language, marked, text)).text == wanted
