"""Buffers: incremental edits and positions in every encoding."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.positions import offset_at, position_at
from assistant.types import Position, PositionEncoding, Range
from lsp.documents import Documents, path_of

ENCODINGS = list(PositionEncoding)
# Line ends of LSP, characters at which str.splitlines splits but LSP does not, and text that
# takes one, two, three and four bytes.
TEXT = st.text(st.sampled_from("ab\n\r\f\x0b\u2028\x85é€🙂 "), max_size=30)


def opened(text: str, uri: str = "file:///project/a.py") -> Documents:
    documents = Documents()
    documents.open(uri, text, "python", 1)
    return documents


@given(text=TEXT, offset=st.integers(0, 30), encoding=st.sampled_from(ENCODINGS))
def test_positions_agree_with_the_reference(
    text: str, offset: int, encoding: PositionEncoding
) -> None:
    buffer = next(iter(opened(text)))
    position = buffer.position(offset, encoding)
    assert position == position_at(text, offset, encoding)
    assert buffer.offset(position.line, position.character, encoding) == offset_at(
        text, position, encoding
    )


@given(
    text=TEXT,
    edits=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), TEXT), max_size=6),
    encoding=st.sampled_from(ENCODINGS),
)
def test_edits_give_what_a_fresh_buffer_holds(
    text: str, edits: list[tuple[int, int, str]], encoding: PositionEncoding
) -> None:
    buffer = next(iter(opened(text)))
    for start, end, new in edits:
        first, last = sorted((start, end))
        span = Range(buffer.position(first, encoding), buffer.position(last, encoding))
        begin = offset_at(buffer.text, span.start, encoding)
        stop = max(begin, offset_at(buffer.text, span.end, encoding))
        expected = buffer.text[:begin] + new + buffer.text[stop:]
        assert buffer.edit(span, new, encoding) == (begin, begin + len(new))
        assert buffer.text == expected
        fresh = next(iter(opened(expected)))
        assert [buffer.line_bounds(i) for i in range(buffer.lines)] == [
            fresh.line_bounds(i) for i in range(fresh.lines)
        ]


def test_positions_past_the_end_are_clamped() -> None:
    buffer = next(iter(opened("ab\ncd")))
    assert buffer.offset(0, 99, PositionEncoding.UTF16) == 2
    assert buffer.offset(99, 0, PositionEncoding.UTF16) == 5
    assert buffer.position(99, PositionEncoding.UTF16) == Position(1, 2)


def test_a_form_feed_ends_no_line() -> None:
    buffer = next(iter(opened("a\x0cb\u2028c\nd\n")))
    assert buffer.lines == 3
    span = Range(Position(1, 0), Position(1, 1))
    buffer.edit(span, "D", PositionEncoding.UTF16)
    assert buffer.text == "a\x0cb\u2028c\nD\n"


def test_a_lone_surrogate_is_replaced() -> None:
    buffer = next(iter(opened("a\ud83db")))
    assert buffer.text == "a\ufffdb"
    buffer.text.encode()


def test_a_huge_document_is_not_kept() -> None:
    buffer = next(iter(opened("x" * 3_000_000)))
    assert buffer.oversized
    assert buffer.text == ""
    buffer.replace_all("small")
    assert not buffer.oversized
    assert buffer.text == "small"


def test_a_snapshot_stays_as_it_was() -> None:
    buffer = next(iter(opened("ab")))
    before = buffer.document()
    assert buffer.document() is before
    buffer.edit(Range(Position(0, 0), Position(0, 1)), "x", PositionEncoding.UTF16)
    assert (before.text, buffer.document().text) == ("ab", "xb")


@pytest.mark.parametrize(
    ("uri", "path", "in_file"),
    [
        ("file:///project/a.py", "/project/a.py", True),
        ("file:///with%20space/%C3%A9.py", "/with space/é.py", True),
        ("untitled:Untitled-1", "/untitled:/Untitled-1", False),
        ("git:/project/a.py?ref", "/git:/a.py%3Fref", False),
        ("untitled:", "/untitled:/document", False),
    ],
)
def test_paths(uri: str, path: str, in_file: bool) -> None:
    assert path_of(uri) == (Path(path), in_file)


@pytest.mark.parametrize(
    ("identifier", "uri", "language"),
    [
        ("python", "file:///a", "python"),
        ("", "file:///a.py", "python"),
        ("whatever", "file:///a.go", "go"),
        ("whatever", "file:///a.unknown", ""),
    ],
)
def test_languages(identifier: str, uri: str, language: str) -> None:
    assert Documents().open(uri, "", identifier, 0).language == language


def test_the_last_used_comes_first() -> None:
    documents = Documents()
    for name in "abc":
        documents.open(f"file:///{name}", name, "", 0)
    documents.use("file:///a")
    last = documents.get("file:///b")
    assert last is not None
    assert [d.text for d in documents.others(last)] == ["a", "c"]


def test_typing_is_one_edit() -> None:
    documents = opened("one\ntwo\nthree\nfour\nfive\nsix\n")
    buffer = next(iter(documents))
    for offset in (4, 5, 6, 9):
        documents.changed(buffer, offset, offset + 1)
    documents.changed(buffer, 24, 25)
    assert [(e.start_line, e.end_line) for e in documents.edits()] == [(5, 6), (1, 3)]


def test_uris_are_compared_decoded() -> None:
    documents = opened("x", "file:///a%3Ab.py")
    assert documents.get("file:///a:b.py") is not None
    assert documents.close("file:///a%3Ab.py") is not None
    assert len(documents) == 0
