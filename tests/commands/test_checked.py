"""Checked Markdown: the same text however it comes, said as soon as it is settled."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.commands import checked as checking
from assistant.commands.checked import Checked
from assistant.commands.links import Fact
from assistant.commands.protocol import Place
from assistant.commands.sources import Sources
from assistant.types import Document

TAXES = "RATE = 1.2\n\n\ndef taxed(amount):\n    return amount * RATE\n"
PIECES = [
    *("word", "the", "And", "and", "see", "in", "at", "From", "defined in", "foo_bar", "x", "line"),
    *("lines", "4", "line 4", "of", "on", "taxes.py", "`taxes.py`", "taxes.py:4", "taxes.py:99"),
    *("taxes.py, line 4", "line 4 of taxes.py", "lines 3-4 in gone.py", "gone.py:1", "a.b.c:3"),
    *("`taxed`", "`taxes.py:4`", "`missing`", "`taxes.py:70`", "[1]", "[1, 7]", "[7]", "a[1]"),
    *("[taxed](taxes.py#L4)", "[x](http://e.x/?q)", "![i](http://e.x)", "[see](y)", "[a, ](z)"),
    *(
        "http://e.x/a?b=taxes.py:4.",
        "www.e.x",
        "<b>",
        "<",
        "[",
        "]",
        "(",
        ")",
        "](",
        "`",
        "``",
        "!",
    ),
    *("```", "```python", "~~~", "[a]: http://e.x", "[a]:", "**", "- ", ",", ".", ";", ": ", "\t"),
]
GAPS = ["", " ", " ", " ", "  ", "\n", "\r\n", ", ", " (", ") ", ". "]


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    root = tmp_path.resolve()
    (root / "taxes.py").write_text(TAXES)
    (root / "pyproject.toml").touch()
    return Sources(Place(Document(root / "app.py", "x = 1\n"), 0, 0, root))


def checked(sources: Sources, pieces: list[str]) -> tuple[list[str], Checked]:
    said: list[str] = []
    one = Checked(sources, [Fact("taxes.py", 3, "defines `taxed`")], said.append)
    for piece in pieces:
        one.feed(piece)
    one.finish()
    assert "".join(said) == one.said
    return said, one


def by_lines(sources: Sources, text: str) -> Checked:
    """Whole lines are checked: nothing is settled before a line ends."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "cuts", lambda held, token: iter(()))
        return checked(sources, [text])[1]


written = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(GAPS)), max_size=14).map(
    lambda pairs: "".join(word + gap for word, gap in pairs)
)


@given(text=written | st.text(alphabet="ab.py:1 `[]()<\n,", max_size=40), data=st.data())
@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_split_gives_what_whole_lines_give(
    sources: Sources, text: str, data: st.DataObject
) -> None:
    ends = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]
    whole = by_lines(sources, text)
    _, one = checked(sources, pieces)
    assert one.said == whole.said
    assert (one.links.kept, one.links.removed) == (whole.links.kept, whole.links.removed)
    assert checked(sources, list(text))[1].said == whole.said


def test_a_mention_becomes_a_link(sources: Sources) -> None:
    said = checked(sources, ["See @taxes.py:4 (@gone.py:4)."])[1].said
    assert said == "See [taxes.py:4](taxes.py#L4)."


def test_words_are_said_as_they_come(sources: Sources) -> None:
    said: list[str] = []
    one = Checked(sources, [], said.append)
    seen = []
    for piece in ["It ", "adds ", "prices, ", "see ", "taxes.py:99 ", "and ", "then ", "stops"]:
        one.feed(piece)
        seen.append("".join(said))
    # A word waits for the next space, one that leads to a link for what follows it.
    assert seen[:4] == ["It", "It adds", "It adds", "It adds"]
    assert seen[6] == "It adds prices, and then"
    assert one.finish() == "It adds prices, and then stops"


def test_code_is_said_as_it_comes(sources: Sources) -> None:
    said: list[str] = []
    one = Checked(sources, [], said.append)
    one.feed("```python\nitems[1] = taxes.py:99 ")
    assert "".join(said) == "```python\nitems[1] = taxes.py:99 "


@pytest.mark.parametrize("size", [1, 7, 3999, 4000, 4001, 20_000])
def test_a_line_without_end_is_not_held_for_ever(sources: Sources, size: int) -> None:
    text = "`" + "x" * 9_000 + " see taxes.py:4 " + "y" * 5_000
    said, one = checked(sources, [text[at : at + size] for at in range(0, len(text), size)])
    assert len(said) > 2
    assert one.said == checked(sources, [text])[1].said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Go to https://evil.example/?q=secret.", "Go to `https://evil.example/?q=secret`."),
        ("www.evil.example (http://e.x/a.py:4)", "`www.evil.example` (`http://e.x/a.py:4`)"),
        ("[https://e.x/a](https://e.x/b)", "`https://e.x/a`"),
        ("HTTPS://E.X/ and <http://e.x>", "`HTTPS://E.X/` and <`http://e.x`>"),
        ("[a]: https://evil.example\nok", "\nok"),
        ("```\nhttps://e.x\n```\n", "```\nhttps://e.x\n```\n"),
    ],
)
def test_no_address_can_be_followed(sources: Sources, text: str, shown: str) -> None:
    assert checked(sources, list(text))[1].said == shown
