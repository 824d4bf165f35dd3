"""Where an answer is cut while it streams in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.completion.scope import Plan
from assistant.completion.site import Site
from assistant.completion.stopping import Stopper

SiteOf = Callable[[str, str], Site]
PlanOf = Callable[..., Plan]

# Name, language, the file, the answer with ¦ where it is to be cut (no mark: it goes on).
CASES: list[tuple[str, str, str, str]] = [
    ("line ends", "python", "x = ¦\n", "1¦\ny = 2\n"),
    ("line goes on", "python", "x = ¦\n", "1 + "),
    ("line's bracket", "python", "x = ¦\n", "f(\n    1,\n)¦\ny"),
    ("line's bracket never closes", "python", "x = ¦\n", "f(¦\n" + "    1,\n" * 2 + "    2,\n" * 9),
    ("line's quotes", "python", "x = ¦\n", '"""a\nb\n"""¦\ny = 1\n'),
    ("nothing behind a finished line", "python", "x = y.¦\n", "¦\nz = 1\n"),
    ("dedent", "python", "def f():\n    ¦\n", "x = 1\n    return x\n¦y = 2\n"),
    ("deeper goes on", "python", "def f():\n    ¦\n", "if x:\n        y = 1\n"),
    ("text in strings is free", "python", "def f():\n    ¦\n", 'x = """\na\nb\n"""\n    y = x\n'),
    ("brackets are free", "python", "def f():\n    ¦\n", "x = [\n1,\n2,\n]\n    y = x\n"),
    ("two blank lines", "python", "def f():\n    ¦\n", "x = 1¦\n\n\n    y = 2\n"),
    ("one blank line", "python", "def f():\n    ¦\n", "x = 1\n\n    y = 2\n"),
    ("fence", "python", "def f():\n    ¦\n", "return 1¦\n```\nText\n"),
    ("fence in a docstring", "python", "def f():\n    ¦\n", '"""\n    ```\n    """\n    x = 1\n'),
    ("special token", "python", "def f():\n    ¦\n", "return 1¦<|fim_pad|>more"),
    ("end of text", "go", "func f() {\n\t¦\n}\n", "return¦</s>"),
    ("an element's end", "html", "<div>\n  ¦\n</div>\n", "<s>a</s>\n  <b>c</b>\n"),
    ("wide bars", "python", "x = ¦\n", "1¦<\uff5cend\u2581of\u2581sentence\uff5c>"),
    (
        "resumes",
        "python",
        "def f():\n    ¦\n    total = compute(a)\n",
        "x = 1\n¦    total = compute(a)\n",
    ),
    (
        "a short line needs a second",
        "python",
        "def f():\n    ¦\n    i += 1\n    j = compute(i)\n",
        "i = 0\n¦    i += 1\n    j = compute(i)\n",
    ),
    (
        "a short line that only looks alike",
        "python",
        "def f():\n    ¦\n    i += 1\n    j = compute(i)\n",
        "i = 0\n    i += 1\n    k = 3\n",
    ),
    (
        "another indentation is another line",
        "python",
        "def f():\n    ¦\n    return compute(total)\n",
        "if x:\n        return compute(total)\n",
    ),
    ("brace", "javascript", "function f() {\n  ¦\n}\n", "return 1;\n¦}\n"),
    ("brace on its line", "c", "int f() {\n  ¦\n}\n", "return 1; }\n".replace("; }", ";¦ }")),
    ("own braces", "javascript", "function f() {\n  ¦\n}\n", "if (a) {\n    b();\n  }\n"),
    ("braces in strings", "javascript", "function f() {\n  ¦\n}\n", "x = '}';\n  y = \"{\";\n"),
    ("braces in comments", "java", "void f() {\n  ¦\n}\n", "// }\n  /* } */\n  g();\n"),
    (
        "braces in regular expressions",
        "javascript",
        "function f() {\n  ¦\n}\n",
        "x = /[}]/;\n  y();\n",
    ),
    ("braces in characters", "rust", "fn f() {\n    ¦\n}\n", "let x = '}';\n    g::<'a>();\n"),
    ("braces in raw text", "go", "func f() {\n\t¦\n}\n", "x := `\n}\n`\n\ty()\n"),
    ("end word", "ruby", "def f\n  ¦\nend\n", "1¦\nend\n".replace("1¦\n", "1\n¦")),
    ("else goes on", "ruby", "if a\n  ¦\nend\n", "1\nelse\n  2\n"),
    ("outside", "kotlin", "fun f() {\n    ¦\n}\n", "g()\n¦fun h() {\n"),
    ("directives", "c", "int f() {\n    ¦\n}\n", "a();\n#ifdef B\n    b();\n#endif\n    c();\n"),
    (
        "second definition",
        "go",
        "// Add gives the sum of two.\n¦\n",
        "func Add() {\n\tx()\n}¦\n\nfunc B() {\n",
    ),
    ("three lines alike", "python", "def f():\n    ¦\n", "go(1)¦\n    go(1)\n    go(1)\n"),
    ("a cycle of three", "sql", "¦", "a 1\nb 2\nc 3¦\na 1\nb 2\nc 3\n"),
    ("a line in circles", "python", "x = ¦\n", "[" + "alpha, ¦" + "alpha, " * 30),
]


@pytest.mark.parametrize(
    ("language", "marked", "answer"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_cut(site_of: SiteOf, plan_of: PlanOf, language: str, marked: str, answer: str) -> None:
    wanted = answer.find("¦")
    answer = answer.replace("¦", "")
    site = site_of(language, marked)
    plan = plan_of(site)
    whole = Stopper(site, plan).feed(answer)
    assert whole == (None if wanted < 0 else wanted), plan
    assert _by_characters(site, plan, answer) == whole


def _by_characters(site: Site, plan: Plan, answer: str) -> int | None:
    stopper = Stopper(site, plan)
    for end in range(len(answer) + 1):
        cut = stopper.feed(answer[:end])
        if cut is not None:
            return cut
    return None


LAYOUT = ["\n", "\n    ", "\n        ", "\n}", " ", "\t", "\r\n"]
MARKS = [*"{}()[]\"'`#;,", '"""', "//", "/*", "*/", "```", "<|endoftext|>", "<|", "|>", "</div>"]
CODE = ["x = 1", "return x", "else:", "end", "def f(x):", "if x:", "total += x", "é", "😀"]
PIECES = st.lists(st.sampled_from([*LAYOUT, *MARKS, *CODE]), max_size=25).map("".join)

PLACES = [
    ("python", "def f(x):\n    ¦\n    return x\n"),
    ("python", "print(¦)\n"),
    ("python", "¦total += x\n"),
    ("javascript", "function f() {\n  ¦\n}\n"),
    ("java", "class A {\n    ¦\n}\n"),
    ("ruby", "def f\n  ¦\nend\n"),
    ("html", "<div>\n  ¦\n</div>\n"),
    ("", "foo {\n  ¦\n"),
]


@pytest.mark.parametrize(("language", "marked"), PLACES)
def test_pieces_do_not_matter(site_of: SiteOf, plan_of: PlanOf, language: str, marked: str) -> None:
    site = site_of(language, marked)
    plan = plan_of(site)

    @settings(deadline=None)
    @given(PIECES)
    def check(answer: str) -> None:
        cut = Stopper(site, plan).feed(answer)
        assert cut is None or 0 <= cut <= len(answer)
        assert _by_characters(site, plan, answer) == cut
        end = Stopper(site, plan).finish(answer)
        assert end is None or 0 <= end <= len(answer)

    check()
