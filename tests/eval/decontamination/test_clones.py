"""Digests of functions: what they do not see, and what they must see."""

from __future__ import annotations

import ast
import keyword

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.syntax import by_name
from eval.decontamination.clones import functions

SOURCE = '''
def merge(left, right, limit=3):
    """Both lists in order."""
    result: list[int] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            result.append(left[i])  # the smaller one
            i += 1
        else:
            result.append(right[j])
            j += 1
    for name in left[i:]:
        result.append(name)
    return result[:limit]
'''
LOCALS = ("merge", "left", "right", "limit", "result", "i", "j", "name")


def digests(text: str, language: str = "python", minimum: int = 10) -> list[bytes]:
    return [one.digest for one in functions(text, by_name(language), minimum)]


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: (
        not keyword.iskeyword(name) and name not in ("len", "list", "int", "match", "type", "_")
    )
)


@settings(deadline=None)
@given(st.lists(NAMES, min_size=len(LOCALS), max_size=len(LOCALS), unique=True))
def test_renamed_and_laid_out_anew_it_is_the_same(names: list[str]) -> None:
    tree = _Renamed(dict(zip(LOCALS, names, strict=True))).visit(ast.parse(SOURCE))
    copy = ast.unparse(tree)  # other white space, no comments
    assert digests(copy) == digests(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("limit=3", "limit=12"),
        ('    """Both lists in order."""\n', ""),
        (": list[int]", ""),
        ("left, right, limit=3", "left: list[int], right: list[int], limit: int = 3,"),
        ("return result[:limit]", "return (result[:limit])"),
        ("# the smaller one", "# another word"),
        ("    ", "\t"),
    ],
)
def test_what_does_not_count(old: str, new: str) -> None:
    assert old in SOURCE
    assert digests(SOURCE.replace(old, new)) == digests(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<=", "<"),
        ("i += 1", "j += 1"),
        ("i += 1", "i -= 1"),
        ("result.append(name)", "result.remove(name)"),
        ("len(left)", "sum(left)"),
        ("limit=3", "limit='3'"),
        (" and ", " or "),
    ],
)
def test_what_counts(old: str, new: str) -> None:
    assert old in SOURCE
    assert digests(SOURCE.replace(old, new)) != digests(SOURCE)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        (
            "javascript",
            "function sum(xs) { let t = 0; for (const x of xs) { t += x.size; } return t }",
            "function add(list) {\n  let all = 1 // none yet\n"
            "  for (const it of list) {\n    all += it.size;\n  }\n  return all;\n}",
        ),
        (
            "java",
            "class A { int sum(int[] xs) { int t = 0; for (int x : xs) { t += x; } return t; } }",
            "class B {\n  int add(int[] ys) { /* all */ int all = 7;\n"
            "    for (int y : ys) { all += y; }\n    return all; } }",
        ),
    ],
)
def test_other_languages(language: str, one: str, other: str) -> None:
    assert len(digests(one, language)) == 1
    assert digests(one, language) == digests(other, language)


def test_typed_javascript_is_javascript() -> None:
    plain = "function sum(xs) { let t = 0; for (const x of xs) { t += x.size; } return t; }"
    assert digests(plain, "javascript") == digests(plain, "typescript")


def test_small_and_broken_functions_are_left_out() -> None:
    assert digests("def f(x):\n    return x + 1\n", minimum=40) == []
    assert digests(SOURCE.replace("while i <", "while ((i <")) == []


def test_functions_within_others_come_too() -> None:
    inner = "\n".join("    " + line for line in SOURCE.strip().splitlines())
    assert digests(f"def outer():\n{inner}\n    return merge\n")[1] == digests(SOURCE)[0]


def test_deep_nesting_is_no_matter() -> None:
    deep = "def f(x):\n    return " + "[" * 3000 + "x" + "]" * 3000 + "\n"
    assert len(digests(deep)) == 1
