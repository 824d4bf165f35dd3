"""Conversations outlive the process, and a line that broke off."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import paths
from assistant.chat.conversation import Conversation, Turn, conversations, load
from assistant.errors import UsageError


def test_a_conversation_comes_back(home: Path, tmp_path: Path) -> None:
    one = Conversation.new(tmp_path)
    one.add(Turn("user", "what is\nthis?"))
    one.add(Turn("assistant", "A test.", thinking="hm", citations=("a.py:3",)))
    [back] = conversations(tmp_path)
    assert back == one
    assert back.title == "what is this?"
    assert load("last") == one
    assert load(one.id[:17]) == one
    assert conversations(tmp_path / "elsewhere") == []


def test_what_is_kept_is_the_users_own(home: Path, tmp_path: Path) -> None:
    one = Conversation.new(tmp_path)
    one.add(Turn("user", "secret"))
    file = paths.folder("chats") / f"{one.id}.jsonl"
    assert file.stat().st_mode & 0o077 == 0


def test_a_line_that_broke_off_costs_itself_only(home: Path, tmp_path: Path) -> None:
    one = Conversation.new(tmp_path)
    one.add(Turn("user", "first"))
    file = paths.folder("chats") / f"{one.id}.jsonl"
    with file.open("a") as opened:
        opened.write('{"role": "assis')
    assert [turn.content for turn in load("last").turns] == ["first"]


def test_one_that_is_not_there_is_said(home: Path) -> None:
    with pytest.raises(UsageError, match="--list` names them"):
        load("nope")
