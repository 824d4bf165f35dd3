"""Conversations outlive the process, and a line that broke off."""

from __future__ import annotations

import subprocess
import sys
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


def test_the_last_is_the_one_that_was_gone_on_with(home: Path, tmp_path: Path) -> None:
    one, two = Conversation.new(tmp_path), Conversation.new(tmp_path)
    one.add(Turn("user", "one"))
    two.add(Turn("user", "two"))
    assert load("last").id == two.id
    one.add(Turn("assistant", "again"))
    assert [each.id for each in conversations()] == [one.id, two.id]


def test_turns_of_two_processes_are_kept_in_pairs(home: Path, tmp_path: Path) -> None:
    one = Conversation.new(tmp_path)
    one.add(Turn("user", "start"), Turn("assistant", "started"))
    program = (
        "import sys\n"
        "from assistant.chat.conversation import Turn, load\n"
        "one = load('last')\n"
        "for number in range(20):\n"
        "    name = f'{sys.argv[1]} {number}'\n"
        "    one.add(Turn('user', name), Turn('assistant', name))\n"
        "print(len(one.turns))\n"
    )
    command = [sys.executable, "-c", program]
    others = [subprocess.Popen([*command, name], stdout=subprocess.PIPE) for name in ("a", "b")]
    seen = [int(other.communicate()[0]) for other in others]
    assert max(seen) == 82  # who ends last has seen all
    one.refresh()
    asked, said = one.turns[::2], one.turns[1::2]
    assert {turn.role for turn in asked} == {"user"}
    assert [turn.content for turn in said[1:]] == [turn.content for turn in asked[1:]]
    for name in ("a", "b"):
        own = [turn.content for turn in asked if turn.content.startswith(name)]
        assert own == [f"{name} {number}" for number in range(20)]


def test_a_text_with_any_line_end_comes_back(home: Path, tmp_path: Path) -> None:
    one = Conversation.new(tmp_path)
    text = "a\u2028b\x85c\x0cd\r\ne\ud800"
    one.add(Turn("user", text))
    assert load("last").turns[0].content == text.replace("\ud800", "?")


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
    load("last").add(Turn("assistant", "second"))
    assert [turn.content for turn in load("last").turns] == ["first", "second"]


def test_one_that_is_not_there_is_said(home: Path) -> None:
    with pytest.raises(UsageError, match="--list` names them"):
        load("nope")
