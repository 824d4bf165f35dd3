"""Special tokens that leaked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.special_tokens import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "x = ¦\n", "1<|endoftext|>2", "1"),
        ("python", "x = ¦\n", "<|fim_middle|>1", ""),
        ("python", "x = ¦\n", "a <| b |> c", "a <| b |> c"),
        ("python", "x = ¦\n", "1</s>", "1"),
        ("html", "<p>¦</p>", "<s>a</s>", "<s>a</s>"),
        ("python", "x = ¦\n", "1<fim_prefix>", "1"),
        ("java", "¦", "a[/INST]b", "a"),
        ("go", "¦", "x <|im_end|>\n<|im_start|>", "x "),
        ("rust", "¦", "a < b | c > d", "a < b | c > d"),
    ],
)
def test_text(before: Before, language: str, marked: str, text: str, wanted: str) -> None:
    assert FILTER.apply(before(language, marked, text)).text == wanted
