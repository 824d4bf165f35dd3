"""What is known of a file beyond the lines that a client sends, and what can be inserted."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.gateway.insertion import insertion
from assistant.gateway.window import widened
from assistant.types import Completion

LINES = ["import os\n", "\n", *(f"line_{n}()\n" for n in range(60)), "end()\n"]
LARGEST = 10_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_text("".join(LINES))
    return path


def test_the_rest_of_the_file_is_put_around(file: Path) -> None:
    prefix, suffix = "".join(LINES[20:30]) + "typed", ")\n" + "".join(LINES[31:40])
    before, after = widened(prefix, suffix, file, LARGEST)
    assert before == "".join(LINES[:30]) + "typed"
    assert after == ")\n" + "".join(LINES[31:])


def test_a_window_that_reaches_the_ends_stays(file: Path) -> None:
    prefix, suffix = "".join(LINES[:30]) + "typed", "\n" + "".join(LINES[31:])
    assert widened(prefix, suffix, file, LARGEST) == (prefix, suffix)


def test_lines_changed_near_the_cursor_do_not_matter(file: Path) -> None:
    prefix = "".join(LINES[20:24]) + "new()\nnewer()\nty"
    before, after = widened(prefix, "", file, LARGEST)
    assert before == "".join(LINES[:24]) + "new()\nnewer()\nty"
    assert after == ""


@pytest.mark.parametrize(
    "prefix",
    ["", "typed", "unknown()\nlines()\nty", "line_1", "ine_20()\nline_21()\nline_22()\nty"],
)
def test_what_is_not_found_stays(file: Path, prefix: str) -> None:
    assert widened(prefix, "", file, LARGEST) == (prefix, "")


def test_what_stands_twice_names_no_place(file: Path) -> None:
    file.write_text("a()\nb()\nc()\nd()\n" * 3)
    assert widened("a()\nb()\nc()\nty", "\n", file, LARGEST) == ("a()\nb()\nc()\nty", "\n")


def test_files_that_are_no_text_or_too_large_are_not_read(file: Path, tmp_path: Path) -> None:
    prefix = "".join(LINES[20:30]) + "typed"
    assert widened(prefix, "", file, 100) == (prefix, "")
    assert widened(prefix, "", tmp_path / "none", LARGEST) == (prefix, "")
    file.write_bytes(b"\xff" + "".join(LINES).encode())
    assert widened(prefix, "", file, LARGEST) == (prefix, "")


def test_line_ends_stay_as_they_are(file: Path) -> None:
    dos = [line.replace("\n", "\r\n") for line in LINES]
    file.write_bytes("".join(dos).encode())
    before, _ = widened("".join(dos[20:30]) + "ty", "\r\n", file, LARGEST)
    assert before == "".join(dos[:30]) + "ty"


@pytest.mark.parametrize(
    ("text", "answer", "standing", "left"),
    [
        ("f()", "a, b", 0, "a, b"),
        ("f()", "a, b); g(c)", 1, "a, b"),
        ("f()", "g(a), h[b]); i", 1, "g(a), h[b]"),
        ("f[]", "g[0]][1]", 1, "g[0]"),
        ('f""', 'a" + b', 1, "a"),
        ("f()", "no closer", 1, "no closer"),
        ("f()", "", 1, ""),
    ],
)
def test_what_can_be_inserted_stops_where_the_line_goes_on(
    text: str, answer: str, standing: int, left: str
) -> None:
    assert insertion(Completion(answer, 2, 2 + standing), text) == left
