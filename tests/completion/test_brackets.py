"""Brackets, strings and comments, line by line."""

from __future__ import annotations

import pytest

from assistant.completion.brackets import Brackets, closing
from assistant.syntax import by_name


def _read(language: str, text: str) -> Brackets:
    state = Brackets(by_name(language) if language else None)
    for line in text.split("\n"):
        state.line(line)
    return state


@pytest.mark.parametrize(
    ("language", "text", "stack", "quote", "in_comment"),
    [
        ("python", "f(a, [b", "([", "", False),
        ("python", "f(a, [b])", "", "", False),
        ("python", "x = '(' + \"[\"", "", "", False),
        ("python", "x = 'it\\'s ('", "", "", False),
        ("python", 'x = """(\n)', "", '"""', False),
        ("python", 'x = """(\n""" + (', "(", "", False),
        ("python", "x = (  # (", "(", "", False),
        ("python", "x = 'unended (", "", "", False),
        ("javascript", "x = `(${\n", "", "`", False),
        ("javascript", "x = /[(]/; (", "(", "", False),
        ("javascript", "x = a / b; (", "(", "", False),
        ("javascript", "/* ( */ {", "{", "", False),
        ("javascript", "/* (\n {", "", "", True),
        ("javascript", "/* (\n */ {", "{", "", False),
        ("javascript", "// (\n{", "{", "", False),
        ("rust", "fn f<'a>(x: &'a str) { '{'; '\\''", "{", "", False),
        ("c", "char c = '\"'; (", "(", "", False),
        ("go", "x := `\\`; {", "{", "", False),
        ("go", "x := `{\n`", "", "", False),
        ("shellscript", 'echo "${a[0]}" $# (', "(", "", False),
        ("shellscript", "awk '{\n", "", "'", False),
        ("sql", "SELECT 'it''s' || (", "(", "", False),
        ("lua", "--[[ ( ]] {", "{", "", False),
        ("html", "(", "", "", False),
        ("", "it's (", "(", "", False),
    ],
)
def test_what_is_open(language: str, text: str, stack: str, quote: str, in_comment: bool) -> None:
    state = _read(language, text)
    assert "".join(opener.char for opener in state.stack) == stack
    assert state.quote == quote
    assert state.in_comment == in_comment


def test_closers_without_an_opener() -> None:
    state = Brackets(by_name("javascript"))
    state.line("foo(bar(", complete=False)
    strays = state.line("a)) }", mark=len(state.stack))
    assert [(stray.at, stray.char) for stray in strays] == [(1, ")"), (2, ")"), (4, "}")]
    assert [stray.opener is None for stray in strays] == [False, False, True]


def test_an_opener_knows_its_line() -> None:
    state = _read("javascript", "if (a) {\n    f({\n")
    assert [(o.char, o.indent, o.line) for o in state.stack] == [
        ("{", 0, 0),
        ("(", 4, 1),
        ("{", 4, 1),
    ]
    assert closing(state.stack) == "})}"


def test_a_copy_reads_on_alone() -> None:
    state = _read("python", "f(")
    other = state.copy()
    other.line(")")
    assert len(state.stack) == 1
    assert other.stack == []
