"""An answer in a terminal: blocks as they end, thoughts as a line, nothing drawn twice."""

from __future__ import annotations

import io

import pytest
from terminal_screen import screen

from assistant.cli.console import PlainConsole
from assistant.cli.markdown import Blocks
from assistant.cli.talking import _Terminal

TITLE = "# Title\n"
PROSE = "Of `code` in [a/b.py:3](a/b.py#L3), List<int>\nand *more*."
TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n"
ITEMS = "- one\n- two\n\n  ```python\n  x = 1\n  ```\n"
FENCE = "```python\ndef f():\n\n    return 1  # " + "long " * 20 + "\n```\n"
END = "Setext\n===\n"
WHOLE = "\n".join((TITLE, PROSE, TABLE, ITEMS, FENCE, END))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_block_is_given_once_nothing_can_change_it(size: int) -> None:
    blocks, seen = Blocks(), list[str]()
    for at in range(0, len(WHOLE), size):
        seen += blocks.feed(WHOLE[at : at + size])
        # What was given is a beginning of the whole, and the rest is not lost.
        assert WHOLE.startswith("\n".join([*seen, ""]) if seen else "")
        assert "\n".join([*seen, blocks.rest]) == WHOLE[: at + size]
    assert [each.strip() for each in [*seen, *blocks.finish()]] == [
        each.strip() for each in (TITLE, PROSE, TABLE, ITEMS, FENCE, END)
    ]
    assert blocks.finish() == []


def test_what_stands_in_the_terminal() -> None:
    file = io.StringIO()
    console = PlainConsole(file=file, force_terminal=True, width=40, height=8, color_system=None)
    with _Terminal(console) as shown:
        shown.report("reading [bold]")
        shown._live.refresh()
        for piece in ("first\n", "second\x1b[2J\n"):
            shown.think(piece)
            shown._live.refresh()
        for at in range(0, len(WHOLE), 5):
            shown.say(WHOLE[at : at + 5])
            shown._live.refresh()
    written = file.getvalue()
    assert "thinking … 3 lines, 0 s" in written
    assert "reading [bold]" in written
    assert "\x1b[2J" not in written
    assert "second" not in written
    assert screen(written) == [
        "thought for 0 s · /thoughts shows it",
        "                 Title",
        "",
        "Of code in a/b.py:3, List<int> and more.",
        "",
        " a  b",
        " ────",
        " 1  2",
        "",
        " • one",
        " • two",
        "   x = 1",
        "",
        "def f():",
        "",
        "    return 1  # " + ("long " * 20).rstrip(),
        "",
        "                 Setext",
    ]


def test_what_had_come_stays_when_it_is_stopped() -> None:
    file = io.StringIO()
    console = PlainConsole(file=file, force_terminal=True, width=40, height=8, color_system=None)

    def stopped() -> None:
        with _Terminal(console) as shown:
            shown.say("One.\n\n```python\nx = (1,\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert screen(file.getvalue()) == ["One.", "", "x = (1,"]
