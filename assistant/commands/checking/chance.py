"""Edits that fit a lone example by chance: all that they do is to put in the value it expects.

What Smith et al. 2015 ("Is the Cure Worse Than the Disease? Overfitting in Automated Program
Repair") found of repairs from few tests: they pass them, and nothing else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from assistant.commands.checking.examples import Example
from assistant.commands.checking.project import text_of


def expected(
    failing: Iterable[str], examples: Sequence[Example], files: Mapping[str, bytes | str]
) -> list[object]:
    """The literal values that examples (``example 1`` is the first) or tests (``file::name``) which
    fail say should come."""
    found: list[object] = []
    for name in failing:
        path, _, test = name.partition("::")
        if test:
            found += _compared(text_of(files.get(path, "")), test.rsplit("::", 1)[-1])
        elif (number := name.removeprefix("example ")).isdigit():
            found += _value(examples[int(number) - 1].want)
    return found


def only_puts_in(old: str, new: str, values: Sequence[object]) -> bool:
    """Whether ``new`` differs from ``old``, both the text of a file, only by one of ``values`` in
    place of something else, added to it, or returned at once."""
    try:
        return _forced(ast.parse(old), ast.parse(new), values)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _forced(old: ast.AST, new: ast.AST, values: Sequence[object]) -> bool:
    if ast.dump(old) == ast.dump(new):
        return True
    if isinstance(new, ast.BinOp) and ast.dump(new.left) == ast.dump(old):
        return isinstance(new.op, ast.Add) and _is_one(new.right, values)
    if _is_one(new, values):
        return True
    if type(old) is not type(new) or _plain(old) != _plain(new):
        return False
    before, after = list(ast.iter_child_nodes(old)), list(ast.iter_child_nodes(new))
    if len(after) == len(before) + 1:
        same = [ast.dump(one) == ast.dump(other) for one, other in zip(before, after, strict=False)]
        at = same.index(False) if False in same else len(before)
        rest = [*after[:at], *after[at + 1 :]]
        return _gives(after[at], values) and list(map(ast.dump, before)) == list(
            map(ast.dump, rest)
        )
    pairs = zip(before, after, strict=False)
    return len(before) == len(after) and all(_forced(one, two, values) for one, two in pairs)


def _is_one(node: ast.AST | None, values: Sequence[object]) -> bool:
    found = _value(ast.unparse(node)) if isinstance(node, ast.expr) else []
    return any(type(each) is type(value) and each == value for each in found for value in values)


def _gives(statement: ast.AST, values: Sequence[object]) -> bool:
    """Whether it returns such a value, and nothing else, or only under a condition."""
    returns = [node for node in ast.walk(statement) if isinstance(node, ast.Return)]
    plain = isinstance(statement, ast.Return | ast.If)
    return plain and bool(returns) and all(_is_one(node.value, values) for node in returns)


def _plain(node: ast.AST) -> dict[str, object]:
    """The fields that hold no nodes."""
    return {
        name: value
        for name, value in ast.iter_fields(node)
        if not any(isinstance(e, ast.AST) for e in (value if isinstance(value, list) else [value]))
    }


def _compared(text: str, name: str) -> Iterable[object]:
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for test in nodes:
        if isinstance(test, ast.FunctionDef) and test.name == name.split("[")[0]:
            for node in ast.walk(test):
                if isinstance(node, ast.Compare):
                    for part in (node.left, *node.comparators):
                        yield from _value(ast.unparse(part))


def _value(source: str) -> list[object]:
    """The value of a literal; nothing of anything else."""
    try:
        return [ast.literal_eval(source)]
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return []
