"""Answers that broke off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.draft import Draft
from assistant.completion.filters.unfinished_line import FILTER

Before = Callable[..., Draft]


@pytest.mark.parametrize(
    ("text", "reason", "wanted"),
    [
        ("x = 1\n    y = comp", "length", "x = 1"),
        ("x = 1\n    y = comp", "timeout", "x = 1"),
        ("x = 1\n    y = comp", "stop", "x = 1\n    y = comp"),
        ("x = 1\n", "length", "x = 1\n"),
        ("compute_it(all, of", "length", "compute_it(all, of"),
        ("comp", "length", ""),
        ("\n    comp", "length", ""),
    ],
)
def test_text(before: Before, text: str, reason: str, wanted: str) -> None:
    draft = FILTER.apply(before("python", "def f():\n    ¦\n", text, reason))
    assert draft.text == wanted
    assert bool(draft.dropped) == (not wanted)
