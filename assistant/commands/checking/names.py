"""Names that a Python file uses and nothing defines, as pyflakes sees it, and the imports of the
standard library that would bring them."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.commands.protocol import Check, FileEdit

_WHOLE = (
    "math",
    "re",
    "itertools",
    "functools",
    "collections",
    "heapq",
    "bisect",
    "string",
    "json",
    "random",
    "operator",
    "statistics",
    "datetime",
    "os",
    "sys",
    "time",
    "copy",
    "hashlib",
)
"""Modules that people use by name without thinking of their import."""
_FROM = (
    "typing",
    "collections",
    "itertools",
    "functools",
    "math",
    "heapq",
    "dataclasses",
    "pathlib",
    "datetime",
    "decimal",
    "fractions",
    "bisect",
    "string",
    "operator",
    "enum",
    "copy",
)
_LINE_END = re.compile(r"\r\n?|\n")
_ENCODING = re.compile(r"#.*?coding[:=][ \t]*[-\w.]+")
"""As PEP 263 has it."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """``line`` is 0-based."""

    name: str
    line: int


def undefined(text: str) -> list[Undefined] | None:
    """Names without a definition, in the order of their lines; None where the text does not parse
    or pulls in names by a wildcard."""
    from pyflakes import checker, messages

    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = checker.Checker(tree, withDoctest=False).messages
    if any(isinstance(each, messages.ImportStarUsed) for each in found):
        return None
    names = [each for each in found if isinstance(each, messages.UndefinedName)]
    ordered = sorted(names, key=lambda each: (each.lineno, each.col))
    return [Undefined(str(each.message_args[0]), each.lineno - 1) for each in ordered]


def names_check(
    missing: Sequence[str],
    *,
    parses: bool = True,
    hidden: bool = False,
    own: Sequence[str] = (),
    places: Mapping[str, Sequence[str]] | None = None,
) -> Check:
    """``hidden`` says that :func:`undefined` knew nothing of a text that parses. ``own`` are
    imports of the project's modules that come along; ``places`` says of missing names that several
    of them define where."""
    if missing:
        several = [
            f"`{name}` is defined at {' and '.join(where)}: import the one that is meant"
            for name, where in (places or {}).items()
        ]
        return Check("names", False, "; ".join([f"not defined: {', '.join(missing)}", *several]))
    if not parses:
        return Check("names", None, "it does not parse")
    if hidden:
        return Check("names", None, "a star import hides names")
    return Check("names", True, f"brought: {'; '.join(own)}" if own else "")


def import_of(name: str) -> str:
    """The line that brings ``name`` from the standard library; empty where none is known."""
    if name in _WHOLE and name in sys.stdlib_module_names:
        return f"import {name}"
    for module in _FROM:
        if name in _public(module):
            return f"from {module} import {name}"
    return ""


def resolved(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of names without a definition: those that stay so, and the lines that import the others."""
    lines = {name: import_of(name) for name in names}
    missing = tuple(name for name, line in lines.items() if not line)
    return missing, tuple(dict.fromkeys(line for line in lines.values() if line))


def import_edit(path: Path, text: str, imports: Sequence[str]) -> FileEdit:
    """Brings ``imports`` into the file ``path`` of that text."""
    at = import_place(text)
    begun = "\n" if at and text[at - 1] not in "\r\n" else ""
    return FileEdit(path, at, at, begun + "".join(f"{line}\n" for line in imports))


def import_place(text: str) -> int:
    """Offset at which a further import goes: behind the last import of the file's head, else
    behind its docstring and ``from __future__``, else behind the comments that head the file."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    last = 0
    for statement in body:
        is_doc = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not (is_doc or isinstance(statement, ast.Import | ast.ImportFrom)):
            break
        last = statement.end_lineno or 0
    # Lines as Python counts them: ``str.splitlines`` ends some at form feeds and U+2028 as well.
    ends = [each.end() for each in _LINE_END.finditer(text)]
    if last:
        return ends[last - 1] if last <= len(ends) else len(text)
    return _behind_comments(text, ends)


def _behind_comments(text: str, ends: Sequence[int]) -> int:
    """Behind the shebang and the encoding, and behind what else stands in their comment or begins
    the file, unless it goes with the code right below it."""
    start, fixed = 0, 0
    for number, end in enumerate([*ends, len(text)]):
        line = text[start:end]
        if not line.startswith("#"):
            return start if not line.strip() else fixed
        start = end
        if number < 2 and (_ENCODING.match(line) or (number == 0 and line.startswith("#!"))):
            fixed = end
    return start


@cache
def _public(module: str) -> frozenset[str]:
    loaded = importlib.import_module(module)
    return frozenset(getattr(loaded, "__all__", None) or vars(loaded)) - {"annotations"}
