"""Whether a suggestion parses where it stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.check import longest_that_parses
from assistant.completion.site import Site

SiteOf = Callable[[str, str], Site]


@pytest.mark.parametrize(
    ("language", "marked", "text", "wanted"),
    [
        ("python", "x = ¦\n", "f(1)", "f(1)"),
        ("python", "x = ¦\n", "f(1))", ""),
        ("python", "x = ¦\n", "f(1,", "f(1,"),
        ("python", "def f():\n    ¦\n", "x = 1\n    y = = 2", "x = 1"),
        ("python", "def f():\n    ¦\n", "if x:", "if x:"),
        ("python", "def f():\n    ¦\n", "try:", "try:"),
        ("python", "¦\ndef f(): pass\n", "@cache", "@cache"),
        ("javascript", "function f() {\n  ¦\n}\n", "if (x) {", "if (x) {"),
        ("javascript", "function f() {\n  ¦\n}\n", "a();\n  b(;", "a();"),
        ("java", "class A {\n    void f() {\n        ¦\n    }\n}\n", "int x = g(", "int x = g("),
        ("java", "class A {\n    ¦\n}\n", "int f()", "int f()"),
        ("java", "class A {\n    ¦\n}\n", "int f( {{{ =", ""),
        ("go", "package a\n\nfunc f() {\n\t¦\n}\n", "x := 1\n\ty :=", "x := 1"),
        ("rust", "fn f() {\n    ¦\n}\n", "let x = 1;", "let x = 1;"),
        ("c", "int f(void) {\n    ¦\n}\n", "return 1;", "return 1;"),
        ("css", "a {\n  ¦\n}\n", "color: red;", "color: red;"),
        # The file was broken before; it may stay so.
        ("python", "def ((\n\nx = ¦\n", "1", "1"),
        # What is not known is not judged.
        ("", "x = ¦\n", "f(1))", "f(1))"),
        ("sql", "SELECT ¦\n", "FROM FROM", "FROM FROM"),
    ],
)
def test_the_longest(site_of: SiteOf, language: str, marked: str, text: str, wanted: str) -> None:
    site = site_of(language, marked)
    assert longest_that_parses(site, text, site.offset) == wanted


def test_the_line_that_is_typed_may_be_broken(site_of: SiteOf) -> None:
    site = site_of("python", "def f(a):\n    return g(a, ¦\n\n\ndef h():\n    pass\n")
    assert site.errors > 0
    assert longest_that_parses(site, "1)", site.offset) == "1)"
    assert longest_that_parses(site, "1)) ]", site.offset) == ""
