"""Prompts in Qwen's template, read back: tests say what is shown, not where the layout cuts."""

from __future__ import annotations

from typing import NamedTuple


class Shown(NamedTuple):
    """``head`` holds the other files, ``before`` and ``after`` the text around the cursor."""

    head: str
    before: str
    after: str


def shown(prompt: str) -> Shown:
    head, _, rest = prompt.partition("<|fim_prefix|>")
    before, _, rest = rest.partition("<|fim_suffix|>")
    after, _, typed = rest.partition("<|fim_middle|>")
    return Shown(head, before + typed, after)
