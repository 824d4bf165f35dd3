from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.context.reading import Content, Unread, decode, read


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x = 1\n\0\1\2", "binary"),
        (b"x=1;" * 250_000, "generated or minified: a line of 1000000 characters"),
    ],
)
def test_refused(write: Callable[..., Path], content: bytes, why: str) -> None:
    root = write({"a.py": content})
    assert read(str(root), "a.py") == Unread("a.py", why)


@pytest.mark.parametrize(
    ("content", "lines", "names"),
    [
        (b"", 0, []),
        (b"\n\n", 2, []),
        (b"\xef\xbb\xbfdef f(): pass", 1, ["f"]),
        (b"def f():\r\n    pass\r\ndef g():\r\n\tpass\r\n", 4, ["f", "g"]),
        (b"def f(): '\xff\xfe'\n  \tdef (((\ndef g(): pass\n", 3, ["f"]),
        (b"\tdef f(): pass\n  def g(): pass\n", 2, ["f"]),
    ],
)
def test_unusual_text(
    write: Callable[..., Path], content: bytes, lines: int, names: list[str]
) -> None:
    root = write({"a.py": content})
    found = read(str(root), "a.py")
    assert isinstance(found, Content)
    assert found.lines == lines
    defined = [definition.name for definition in found.outline.definitions]
    assert defined[: len(names)] == names
    assert all("\r" not in definition.signature for definition in found.outline.definitions)


def test_the_same_content_is_not_read_twice(write: Callable[..., Path]) -> None:
    root = write({"a.py": "x = 1"})
    found = read(str(root), "a.py")
    assert isinstance(found, Content)
    assert read(str(root), "a.py", found.digest) is None
    assert read(str(root), "a.py", b"another") == found


def test_deleted_while_indexed(root: Path) -> None:
    found = read(str(root), "gone.py")
    assert isinstance(found, Unread)
    assert found.gone


def test_a_folder_is_no_file(root: Path) -> None:
    (root / "a.py").mkdir()
    found = read(str(root), "a.py")
    assert isinstance(found, Unread)
    assert "unreadable" in found.why


def test_an_analyser_that_fails_costs_one_file(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IndexError("child index out of range")

    monkeypatch.setattr("assistant.context.reading.outline", fail)
    found = read(str(write({"a.py": "x = 1"})), "a.py")
    assert isinstance(found, Unread)
    assert "cannot be analysed" in found.why


def test_bytes_that_are_no_utf8_become_marks() -> None:
    assert decode(b"a\xffb") == "a\ufffdb"
