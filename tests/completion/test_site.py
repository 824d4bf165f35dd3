"""What is known of the cursor's place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.completion.site import Site
from assistant.completion.trees import MAX_BYTES
from assistant.types import Document

SiteOf = Callable[[str, str], Site]


def test_the_parts_of_the_text(site_of: SiteOf) -> None:
    site = site_of("python", "import os\n\ndef f(x):\n    return x ¦+ 1  # more\n\n\nf(1)\n")
    assert site.prefix + site.suffix == site.document.text
    assert site.line_prefix == "    return x "
    assert site.line_suffix == "+ 1  # more"
    assert site.preceding == ("import os", "", "def f(x):")
    assert site.following == ("f(1)",)
    assert site.document.text[site.line_start :].startswith("    return")
    assert site.errors == 0
    assert not site.in_string
    assert not site.in_comment


@pytest.mark.parametrize(
    ("language", "marked", "in_string", "in_comment"),
    [
        ("python", "x = 'a¦b'\n", True, False),
        ("python", "x = 'ab'¦\n", False, False),
        ("python", "x = 'ab¦\n", True, False),
        ("python", "x = ¦'ab'\n", False, False),
        ("python", '"""\nText ¦\n"""\n', True, False),
        ("python", 'def f():\n    """Text\n    ¦\n', True, False),
        ("python", "x = 1  # a¦\n", False, True),
        ("python", "# a\n¦\n", False, False),
        ("python", "x = '# ¦'\n", True, False),
        ("javascript", "/* a ¦ */\n", False, True),
        ("javascript", "/* a */ ¦\n", False, False),
        ("javascript", "/*\n * a\n¦\n", False, True),
        ("javascript", "const x = `a\n¦`;\n", True, False),
        ("java", "class A {\n    // a¦\n}\n", False, True),
        ("go", "package a\n\nvar x = `a\n¦`\n", True, False),
        ("rust", "fn f() {\n    let c = '\"'; ¦\n}\n", False, False),
        ("shellscript", "echo $#¦\n", False, False),
        ("shellscript", "echo a # b¦\n", False, True),
        ("sql", "SELECT 'it''s ¦'\n", True, False),
        ("", "x = 'a¦b'\n", False, False),
    ],
)
def test_strings_and_comments(
    site_of: SiteOf, language: str, marked: str, in_string: bool, in_comment: bool
) -> None:
    site = site_of(language, marked)
    assert (site.in_string, site.in_comment) == (in_string, in_comment)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("def f():\n    x\n    y\n", "    "),
        ("a {\n  b {\n    c\n  }\n}\n", "  "),
        ("f {\n\tx\n\t\ty\n}\n", "\t"),
        ("f {\n\tx\n\ty\n    z\n}\n", "\t"),
        ("x\ny\n", "    "),
        ("/*\n * a\n * b\n */\nf {\n   x\n}\n", "   "),
    ],
)
def test_the_step_of_indentation(text: str, unit: str) -> None:
    assert Site.of(Document(Path("/a.unknown"), text), 0).indent_unit == unit


@pytest.mark.parametrize(
    ("text", "newline"), [("a\r\nb\r\n", "\r\n"), ("a\nb\n", "\n"), ("", "\n"), ("a\rb", "\n")]
)
def test_line_ends(text: str, newline: str) -> None:
    assert Site.of(Document(Path("/a.py"), text), 1).newline == newline


@pytest.mark.parametrize("offset", [-5, 0, 3, 99])
def test_any_offset(offset: int) -> None:
    site = Site.of(Document(Path("/a.py"), "ab\r\nc"), offset)
    assert site.prefix + site.suffix == "ab\r\nc"
    assert site.offset == {-5: 0, 0: 0, 3: 2, 99: 5}[offset]


def test_the_language_is_found_by_the_file() -> None:
    site = Site.of(Document(Path("/a.py"), "x = 1\n"), 0)
    assert site.language is not None
    assert site.language.name == "python"
    assert Site.of(Document(Path("/a.py"), "x", "no such language"), 0).language is site.language
    assert Site.of(Document(Path("/a.zzz"), "x"), 0).language is None


def test_large_texts_are_not_parsed() -> None:
    for text in ["x" * (MAX_BYTES + 1), "é" * (MAX_BYTES // 2 + 1), "x = 1\n" * MAX_BYTES]:
        site = Site.of(Document(Path("/a.py"), text), len(text) // 2)
        assert site.tree is None
        assert len(site.preceding) < 500


def test_the_tree_follows_the_text() -> None:
    path = Path("/project/grows.py")
    text = "def f():\n    return 1\n"
    for end in range(len(text) + 1):
        site = Site.of(Document(path, text[:end], "python"), end)
        fresh = Site.of(Document(Path(f"/project/{end}.py"), text[:end], "python"), end)
        assert str(site.tree and site.tree.root_node) == str(fresh.tree and fresh.tree.root_node)


def test_above_a_line_that_stands(site_of: SiteOf) -> None:
    assert site_of("python", "  ¦x = 1\n").whole_line
    assert not site_of("python", "  ¦\n").whole_line
    assert not site_of("python", "x¦ = 1\n").whole_line


def test_a_comment_that_the_grammar_is_spared(site_of: SiteOf) -> None:
    """Its lines alone tell what it is; elsewhere in that file the tree is there."""
    many = "# A comment.\n" * 200
    inside = site_of("python", f"x = 1\n{many}# Another ¦one.\n{many}")
    assert (inside.in_comment, inside.tree) == (True, None)
    between = site_of("python", f"x = 1\n{many}¦\n{many}")
    assert (between.in_comment, between.errors) == (False, 0)
    assert between.tree is not None
    assert site_of("python", f"x = 1\n{many}y = ¦\n").tree is not None
