"""A model's test file, taken apart so that one broken test does not take down the others.

Each top-level test function or class becomes a file of its own, after the imports and
helpers of the whole: ``Suite.files``. What does not parse is found by cutting the text where
a line begins in the first column, the way an answer that ran out of tokens is whole up to
its last function.
"""

from __future__ import annotations

import ast
import re
import textwrap
import threading
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

_FENCE = re.compile(
    r"^[ \t]*+```[ \t]*+([\w+-]*+)[^\n]*+\n(.*?)(?:^[ \t]*```|\Z)", re.MULTILINE | re.DOTALL
)
_TEST = re.compile(r"(?:async\s+)?def\s+test|class\s+\w*Test", re.MULTILINE)
_CHECKS = re.compile(r"assert\w*|expect|raises|warns|fail\w*|approx", re.IGNORECASE)
_LARGEST = 64 << 10
"""Characters of an answer that are looked at; a model's answer has a few thousand."""
_MOST_CASES = 20
_warnings = threading.Lock()

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Case:
    """One test function. ``node`` is pytest's name for it, ``file::name`` or
    ``file::Class::name``; empty where its text does not parse. ``checks``: it asserts
    something that is not settled before it runs."""

    name: str
    node: str
    checks: bool


@dataclass(frozen=True, slots=True)
class Suite:
    """``files`` are complete pytest files by name; ``parses`` is the whole text's verdict."""

    cases: tuple[Case, ...]
    files: dict[str, str]
    parses: bool


def code_of(answer: str) -> str:
    """The Python of a chat answer: its fenced blocks, the last perhaps unfinished, else all
    of it where a test is defined."""
    answer = answer[:_LARGEST].replace("\r\n", "\n")
    blocks = [
        textwrap.dedent(code)
        for language, code in _FENCE.findall(answer)
        if language.lower() in {"", "python", "py", "python3"}
    ]
    code = "\n".join(blocks) if blocks else textwrap.dedent(answer)
    return code if _TEST.search(code) or blocks else ""


def split(code: str, names: Collection[str], header: str = "") -> Suite:
    """Take ``code`` apart. ``header`` goes before everything and brings ``names``, those of
    the code under test: whatever else binds them (a copy of the code, an import from a module
    that is not there) is left out."""
    code = code[:_LARGEST]
    whole = parsed(code)
    pieces = [(code, whole)] if whole else [(text, parsed(text)) for text in _columns(code)]
    helpers: list[str] = []
    tests: list[tuple[str, _Definition | None]] = []
    definitions: dict[str, ast.AST] = {}
    for text, tree in pieces:
        if tree is None:
            if _TEST.match(_undecorated(text)):
                tests.append((text, None))
            continue
        # Lines as the parser counts them: str.splitlines also breaks at form feeds.
        lines = text.split("\n")
        for statement in tree.body:
            source = _source(lines, statement)
            if isinstance(statement, _Definition) and _is_test(statement):
                tests.append((source, statement))
            elif _is_helper(statement) and not _bound(statement) & set(names):
                helpers.append(source)
                if isinstance(statement, _Definition):
                    definitions[statement.name] = statement
    files: dict[str, str] = {}
    cases: list[Case] = []
    prelude = "\n".join([*_futures(helpers), header, *(h for h in helpers if not _future(h))])
    for text, node in tests[:_MOST_CASES]:
        if node is None:
            cases.append(Case(_name(text), "", checks=False))
            continue
        file = f"test_{len(files):03}.py"
        files[file] = f"{prelude}\n\n{text}\n"
        for path, function in _functions(node):
            checks = _checks(function, {**definitions, **_methods(node)})
            cases.append(Case(path, f"{file}::{path}", checks))
    return Suite(tuple(cases[:_MOST_CASES]), files, parses=whole is not None and bool(code))


def parsed(text: str) -> ast.Module | None:
    """The tree of what compiles, else None; silent about what Python only warns of. A tree too
    deep to be walked by recursion is none either."""
    # The filters of warnings are one for the process, and answers are graded in threads.
    with _warnings, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text)
            compile(text, "<test>", "exec", dont_inherit=True)
            ast.unparse(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return None
        return tree


def _columns(code: str) -> Iterator[str]:
    """Pieces that begin in the first column; decorators stay with what they decorate."""
    piece: list[str] = []
    decorators = True
    for line in code.split("\n"):
        begins = line[:1] not in {"", " ", "\t", ")", "]", "}", "#"}
        if begins and not decorators:
            yield "\n".join(piece)
            piece, decorators = [], True
        piece.append(line)
        decorators = decorators and line[:1] in {"@", ""}
    yield "\n".join(piece)


def _undecorated(text: str) -> str:
    return re.sub(r"\A(?:\s*@[^\n]*\n)*\s*", "", text)


def _name(text: str) -> str:
    found = re.search(r"(?:def|class)\s+(\w+)", text)
    return found[1] if found else "?"


def _source(lines: Sequence[str], node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    return "\n".join(lines[first - 1 : node.end_lineno])


def _is_test(node: _Definition) -> bool:
    if isinstance(node, ast.ClassDef):
        cases = any("TestCase" in ast.unparse(base) for base in node.bases)
        return cases or (node.name.startswith("Test") and bool(list(_functions(node))))
    return node.name.startswith("test")


def _functions(node: _Definition) -> Iterator[tuple[str, ast.AST]]:
    if not isinstance(node, ast.ClassDef):
        yield node.name, node
        return
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name.startswith("test"):
            yield f"{node.name}::{method.name}", method


def _methods(node: _Definition) -> dict[str, ast.AST]:
    if not isinstance(node, ast.ClassDef):
        return {}
    return {m.name: m for m in node.body if isinstance(m, ast.FunctionDef)}


def _is_helper(statement: ast.stmt) -> bool:
    """Imports, definitions and constants; not calls, nor what stands under ``__main__``."""
    kinds = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Try, ast.With)
    return isinstance(statement, (*kinds, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in statement.names}
    return {statement.name} if isinstance(statement, _Definition) else set()


def _future(helper: str) -> bool:
    return helper.startswith("from __future__")


def _futures(helpers: Sequence[str]) -> list[str]:
    return [helper for helper in helpers if _future(helper)]


def _checks(function: ast.AST, definitions: dict[str, ast.AST]) -> bool:
    """Whether the function, or a helper that it calls, checks something. An assertion without
    a name in it (``assert True``), or of a thing against itself, checks nothing."""
    seen: set[str] = set()
    waiting = [function]
    while waiting:
        for node in ast.walk(waiting.pop()):
            if isinstance(node, ast.Assert) and not _settled(node.test):
                return True
            if isinstance(node, ast.Raise) and "AssertionError" in ast.unparse(node):
                return True
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                called = node.func.id if isinstance(node.func, ast.Name) else called
                if called in definitions:
                    if called not in seen:
                        seen.add(called)
                        waiting.append(definitions[called])
                elif _CHECKS.fullmatch(called) and any(not _settled(a) for a in node.args):
                    return True
    return False


def _settled(test: ast.expr) -> bool:
    if isinstance(test, ast.Compare) and len(test.comparators) == 1:
        left, right = ast.dump(test.left), ast.dump(test.comparators[0])
        if left == right and not any(isinstance(n, ast.Call) for n in ast.walk(test)):
            return True
    return not any(isinstance(n, ast.Name) for n in ast.walk(test))
