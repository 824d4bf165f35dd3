"""Thoughts are told from the answer, wherever the pieces break."""

from __future__ import annotations

import pytest

from assistant.chat.thinking import Thinking


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    ("text", "answer", "thought"),
    [
        ("<think>hm</think>\n\nYes.", "Yes.", "hm"),
        ("\n<think>a < b</think>No", "No", "a < b"),
        ("Plain <think>is text</think>", "Plain <think>is text</think>", ""),
        ("<thin", "<thin", ""),
        ("<think>never ends", "", "never ends"),
        ("", "", ""),
    ],
)
def test_thoughts_are_folded(size: int, text: str, answer: str, thought: str) -> None:
    said: list[str] = []
    thinking = Thinking(said.append, lambda text: None)
    for at in range(0, len(text), size):
        thinking.feed(text[at : at + size])
    thinking.finish()
    assert "".join(said) == answer
    assert thinking.thought == thought


def test_what_a_server_tells_apart_is_folded_as_well() -> None:
    said: list[str] = []
    thoughts: list[str] = []
    thinking = Thinking(said.append, thoughts.append)
    assert not thinking.begun
    thinking.think("<b> ")
    assert thinking.begun
    thinking.think("is bold")
    for piece in ("\n\n", "Bold", ". <think>"):
        thinking.feed(piece)
    thinking.think(", and no tag")
    thinking.finish()
    assert "".join(said) == "Bold. <think>"
    assert thoughts == ["<b> ", "is bold", ", and no tag"]
    assert thinking.thought == "<b> is bold, and no tag"
