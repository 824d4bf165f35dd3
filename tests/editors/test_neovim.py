"""Ghost text in a real Neovim: seen, typed through, accepted, in part and as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_control import FakeControl
from nvim_editor import Editor

pytestmark = pytest.mark.editor

LEDGER = '''"""Ledgers."""


class Ledger:
    def total_in_cents(self, currency: str) -> int:
        """The sum of all entries."""
        return 0
'''
USE = """from ledger import Ledger


def report(ledger: Ledger) -> str:
    total = ledger.
    return f"{total}"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two files: the answer for ``report.py`` is in ``ledger.py``."""
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / "ledger.py").write_text(LEDGER)
    (root / "report.py").write_text(USE)
    return root


@pytest.fixture
def editor(
    fake_engine: FakeControl,
    start_editor: Callable[[], Editor],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Editor:
    monkeypatch.setenv("ASSISTANT_ENGINE__FIM", "qwen2.5-coder")
    fake_engine.configure(default='total_in_cents("EUR")')
    started = start_editor()
    started.ready(project / "report.py")
    return started


def test_shows_and_accepts(editor: Editor, fake_engine: FakeControl) -> None:
    editor.keys("4jA")  # to the line's end, in insert mode
    shows(editor, 'total_in_cents("EUR")')
    prompt = str(fake_engine.requests()[-1]["prompt"])
    assert "total_in_cents(self, currency: str)" in prompt  # from the other file
    editor.keys("<Tab>")
    wanted = '    total = ledger.total_in_cents("EUR")'
    editor.wait(lambda: editor.lines()[4] == wanted, "accepted text")
    assert editor.lines()[5:] == USE.splitlines()[5:]
    editor.wait(lambda: accepted(editor) == 1, "accept command at the server")


def test_types_through_and_accepts_words(editor: Editor, fake_engine: FakeControl) -> None:
    editor.keys("4jA")
    editor.wait(editor.ghost, "ghost text")
    asked = len(fake_engine.requests())
    for i, letter in enumerate("tot"):
        editor.keys(letter)
        shows(editor, 'total_in_cents("EUR")'[i + 1 :])
    editor.wait(lambda: editor.status()["completions"]["cached"] >= 1, "answer from the cache")
    assert len(fake_engine.requests()) == asked
    editor.keys("<M-w>")
    editor.wait(lambda: editor.lines()[4].endswith(".total_in_cents"), "accepted word")
    shows(editor, '("EUR")')
    acceptance = editor.status()["acceptance"]
    assert acceptance["partially_accepted"] == 1
    # The word without what was typed by hand, or with it when Neovim still held the first item.
    assert acceptance["accepted_characters"] in (len("al_in_cents"), len("total_in_cents"))
    assert len(fake_engine.requests()) == asked


def test_a_dismissed_suggestion_is_reported(editor: Editor) -> None:
    editor.keys("4jA")
    editor.wait(editor.ghost, "ghost text")
    editor.keys("<M-e>")
    editor.wait(lambda: editor.status()["acceptance"]["rejected"] == 1, "rejection")
    assert editor.ghost() == ""
    assert editor.lines() == USE.splitlines()


def test_a_tab_without_ghost_text_is_a_tab(editor: Editor) -> None:
    editor.keys("ggO<Tab>")
    # Python's file type makes it spaces.
    editor.wait(lambda: editor.lines()[0] in ("\t", "    "), "tab")


@pytest.mark.parametrize(("key", "made"), [("y", True), ("n", False)])
def test_a_command_asks_before_it_edits(
    editor: Editor, fake_engine: FakeControl, project: Path, key: str, made: bool
) -> None:
    fake_engine.configure(default="\n    return side * side\n")
    (project / "square.py").write_text(
        'def square(side: int) -> int:\n    """Of it."""\n    pass\n'
    )
    editor.ready(project / "square.py")
    before = editor.lines()
    # Without a screen Neovim takes silence for a yes.
    editor.rpc.call("nvim_ui_attach", 80, 24, {})
    editor.keys(":AssistantDo implement<CR>")
    editor.wait(lambda: editor.rpc.call("nvim_get_mode")["mode"] == "r?", "question")
    editor.keys(f"{key}<CR>")  # and on, after what Neovim says of it
    wanted = [*before[:-1], "    return side * side"] if made else before
    editor.wait(lambda: editor.lines() == wanted, "the edit, or none")


def test_what_a_command_says_without_an_edit_is_shown(
    editor: Editor, fake_engine: FakeControl
) -> None:
    fake_engine.configure(default="It reports.")
    editor.keys("gg:AssistantDo explain<CR>")

    def shown() -> bool:
        windows = editor.rpc.call("nvim_list_wins")
        buffers = [editor.rpc.call("nvim_win_get_buf", window) for window in windows]
        lines = [editor.rpc.call("nvim_buf_get_lines", b, 0, -1, False) for b in buffers]
        return any("It reports." in "\n".join(each) for each in lines)

    editor.wait(shown, "what was said")


@pytest.mark.e2e
@pytest.mark.timeout(900)  # the engine's start is part of it
def test_with_the_real_model(
    real_home: Path, start_editor: Callable[[], Editor], project: Path
) -> None:
    editor = start_editor()
    editor.ready(project / "report.py")
    editor.keys("4jA")
    editor.wait(lambda: "total_in_cents" in editor.ghost(), "ghost text from the other file", 120)
    shown = editor.ghost()
    editor.keys("<Tab>")
    editor.wait(lambda: shown.split("\n")[0] in editor.lines()[4], "accepted text")
    editor.wait(lambda: accepted(editor) == 1, "accept command at the server")


def accepted(editor: Editor) -> int:
    return int(editor.status()["acceptance"]["accepted"])


def shows(editor: Editor, text: str) -> None:
    editor.wait(lambda: editor.ghost() == text, f"ghost text {text!r}")
