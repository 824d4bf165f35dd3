"""Which line ends a scope by its indentation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.dedent import Dedent
from assistant.completion.scope import Plan
from assistant.completion.site import Site


@pytest.mark.parametrize(
    ("language", "marked", "lines", "outside", "ended"),
    [
        ("python", "def f():\n    ¦\n", ["    x", "        y", "    z"], None, False),
        ("python", "def f():\n    ¦\n", ["    x", "y"], 1, False),
        ("python", "if a:\n    ¦\n", ["    x", "else:"], 1, False),
        ("python", "try:\n    ¦\n", ["    x", "except ValueError:", "    y", "z"], 3, False),
        ("python", "# Adds the two numbers\n¦\n", ["def f():", "    x", "def g():"], 2, False),
        ("python", "@a\n¦\n", ["@b", "def f():", "    x", "y"], 3, False),
        ("ruby", "def f\n  ¦\n", ["  x", "end"], None, True),
        ("ruby", "def f\n  ¦\nend\n", ["  x", "end"], 1, False),
        ("ruby", "if a\n  ¦\nend\n", ["  x", "else", "  y"], None, False),
        ("shellscript", "if a; then\n  ¦\n", ["  x", "fi"], None, True),
        ("html", "<p>\n  ¦\n", ["  x", "</p>"], None, True),
        ("c", "int f() {\n    ¦\n}\n", ["    x;", "#endif", "    y;"], None, False),
        ("c", "int f() {\n    ¦\n}\n", ["    x;", "int g() {"], 1, False),
        ("java", "class A {\n    ¦\n}\n", ["    int x;", "}"], None, False),
    ],
)
def test_leaves(
    site_of: Callable[[str, str], Site],
    plan_of: Callable[[Site], Plan],
    language: str,
    marked: str,
    lines: list[str],
    outside: int | None,
    ended: bool,
) -> None:
    site = site_of(language, marked)
    dedent = Dedent(site, plan_of(site))
    found = [dedent.leaves(line, number == 0, False) for number, line in enumerate(lines)]
    assert (found.index(True) if True in found else None) == outside
    assert dedent.ended == ended


def test_the_models_own_indentation_counts_at_column_0(
    site_of: Callable[[str, str], Site], plan_of: Callable[[Site], Plan]
) -> None:
    site = site_of("python", "def f():\n    x = 1\n\n¦\n")
    dedent = Dedent(site, plan_of(site))
    assert dedent.indent == -1
    dedent.adapt("    return x")
    assert dedent.indent == 0
