"""A chat in a real Neovim: streamed into a buffer, gone on with, stopped, with commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_control import FakeControl
from nvim_editor import Editor

pytestmark = pytest.mark.editor

SQUARE = 'def square(side: int) -> int:\n    """Of it."""\n    pass\n'


@pytest.fixture
def editor(fake_engine: FakeControl, start_editor: Callable[[], Editor], tmp_path: Path) -> Editor:
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / "square.py").write_text(SQUARE)
    started = start_editor()
    started.ready(root / "square.py")
    return started


def chat(editor: Editor) -> list[str]:
    """The lines of the chat's buffer; none where there is none."""
    for buffer in editor.rpc.call("nvim_list_bufs"):
        if editor.rpc.call("nvim_buf_get_name", buffer).endswith("assistant://chat"):
            return [str(x) for x in editor.rpc.call("nvim_buf_get_lines", buffer, 0, -1, False)]
    return []


def answered(editor: Editor, lines: list[str]) -> None:
    """Wait until these are the chat's last lines, and its answer is complete."""

    def done() -> bool:
        busy = editor.lua("return require('assistant.chat').busy()")
        return not busy and chat(editor)[-len(lines) :] == lines

    editor.wait(done, f"answer {lines}")


def sent(fake_engine: FakeControl) -> list[Any]:
    return [message["content"] for message in fake_engine.requests()[-1]["messages"]]


def test_an_answer_is_streamed_and_the_talk_goes_on(
    editor: Editor, fake_engine: FakeControl
) -> None:
    answer = "It squares, one word at a time."
    fake_engine.configure(default=answer, chunk_delay_ms=100)
    editor.keys(":AssistantChat What does @square.py do?<CR>")
    editor.wait(lambda: 0 < len("".join(chat(editor)[2:])) < len(answer), "the first words")
    whole = ["## What does @square.py do?", "", answer]
    answered(editor, whole)
    assert editor.lines() == SQUARE.splitlines()  # the code's window stays the current one
    fake_engine.configure(default="Yes.", chunk_delay_ms=0)
    editor.keys(":AssistantChat really?<CR>")
    answered(editor, [*whole, "", "## really?", "", "Yes."])
    assert sent(fake_engine)[1:] == [
        "What does @square.py do?",
        answer,
        "really?",
    ]
    editor.keys(":AssistantChat! anew<CR>")
    answered(editor, ["## anew", "", "Yes."])
    assert len(chat(editor)) == 3
    assert sent(fake_engine)[1:] == ["anew"]
    # The user picks the older of two.
    editor.lua("vim.ui.select = function(all, _, picked) picked(all[2]) end")
    editor.lua("require('assistant').resume_chat()")
    editor.wait(lambda: chat(editor) == [*whole, "", "## really?", "", "Yes."], "the old one")
    editor.keys(":AssistantChat and?<CR>")
    answered(editor, ["## and?", "", "Yes."])
    assert sent(fake_engine)[1] == "What does @square.py do?"


def test_thoughts_are_folded(editor: Editor, fake_engine: FakeControl) -> None:
    fake_engine.configure(default="<think>first\nsecond</think>Yes.")
    editor.keys(":AssistantChat is it?<CR>")
    answered(editor, ["first", "second", "", "Yes."])
    folded = editor.lua(
        "return vim.api.nvim_win_call(vim.fn.win_findbuf(vim.fn.bufnr('assistant://chat'))[1], "
        "function() return { vim.fn.foldclosed(3), vim.fn.foldclosedend(3) } end)"
    )
    assert folded == [3, 4]


def test_an_answer_is_stopped_and_kept(editor: Editor, fake_engine: FakeControl) -> None:
    fake_engine.configure(default="word " * 400, chunk_delay_ms=20)
    editor.keys(":AssistantChat tell<CR>")
    editor.wait(lambda: "word" in "".join(chat(editor)[2:]), "some of it")
    editor.keys(":AssistantChat more<CR>")  # refused while one is answered
    editor.lua("require('assistant').cancel()")
    editor.wait(lambda: chat(editor)[-1] == "*stopped*", "that it was stopped")
    assert fake_engine.wait_for(fake_engine.aborted)
    assert "## more" not in chat(editor)


@pytest.mark.parametrize(("key", "made"), [("y", True), ("n", False)])
def test_a_command_asks_before_it_edits(
    editor: Editor, fake_engine: FakeControl, key: str, made: bool
) -> None:
    fake_engine.configure(default="\n    return side * side\n")
    before = editor.lines()
    # Without a screen Neovim takes silence for a yes.
    editor.rpc.call("nvim_ui_attach", 120, 40, {})
    editor.keys(":AssistantChat /implement<CR>")
    editor.wait(lambda: editor.rpc.call("nvim_get_mode")["mode"] == "r?", "question")
    editor.keys(f"{key}<CR>")  # and on, after what Neovim says of it
    wanted = [*before[:-1], "    return side * side"] if made else before
    editor.wait(lambda: "- parses: ok" in chat(editor), "its checks")
    assert editor.lines() == wanted


def test_faults_are_said_in_the_chat(editor: Editor, fake_engine: FakeControl) -> None:
    editor.keys(":AssistantChat /nonsense<CR>")
    editor.wait(lambda: "no command /nonsense" in chat(editor)[-1], "what was wrong")


def test_diagnostics_of_the_editor_go_along(editor: Editor, fake_engine: FakeControl) -> None:
    fake_engine.configure(default="Fine.")
    editor.lua(
        "vim.diagnostic.set(vim.api.nvim_create_namespace('test'), 0, "
        "{ { lnum = 1, col = 0, message = 'too short', source = 'lint' } })"
    )
    editor.keys(":AssistantChat why @diagnostics?<CR>")
    answered(editor, ["Fine."])
    assert "square.py:2: too short [lint]" in sent(fake_engine)[-1]
