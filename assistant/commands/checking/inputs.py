"""Calls to try a function with: out of a model's answer, and the neighbours of those there are."""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice, zip_longest

LONGEST = 240
"""Characters of a call."""
_NEVER = {"open", "input", "exec", "eval", "compile", "breakpoint", "exit", "quit", "print", "help"}
_BUILTINS = {name for name in vars(builtins) if not name.startswith("_")} - _NEVER


def calls_in(code: str, names: Collection[str], known: Collection[str]) -> list[str]:
    """The calls of one of ``names`` that the lines of ``code`` show; they use no other names than
    ``known`` ones and Python's own."""
    found: dict[str, None] = {}
    for line in code.split("\n"):
        for text in _expressions(line.strip()):
            call = _call(text, names, known)
            if call:
                found[call] = None
                break
    return list(found)


def calls_of(code: str, names: Collection[str], known: Collection[str]) -> list[str]:
    """All calls of one of ``names`` in Python code that parses, as :func:`calls_in` has them."""
    try:
        nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = (_call(ast.unparse(node), names, known) for node in nodes)
    return list(dict.fromkeys(filter(None, found)))


def neighbours(calls: Sequence[str], most: int) -> list[str]:
    """Calls with one value changed, taking turns over ``calls``."""
    each = (_changed(ast.parse(call, mode="eval").body) for call in calls)
    turns = chain.from_iterable(zip_longest(*each))
    fresh = dict.fromkeys(call for call in turns if call is not None and len(call) <= LONGEST)
    return list(islice((call for call in fresh if call not in calls), most))


def by_types(source: str, begun: str) -> list[str]:
    """Calls for a function of annotated parameters, which ``begun`` is the beginning of."""
    wanted = begun.rstrip("(").split(".")[-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == wanted:
            arguments = [each for each in node.args.args if each.arg not in {"self", "cls"}]
            columns = [_values(each.annotation) for each in arguments]
            longest = max((len(column) for column in columns), default=1)
            rows = [[column[n % len(column)] for column in columns] for n in range(longest)]
            return [f"{begun}{', '.join(row)})" for row in rows]
    return []


def _expressions(line: str) -> Iterator[str]:
    """What of a line may be a call: all of it, or what stands before an arrow or a comparison."""
    line = line.removeprefix("assert ").removeprefix("print(").removeprefix(">>> ").rstrip(",;")
    for mark in ("", "  #", " #", " == ", " -> ", " => ", " is ", " != "):
        yield line.split(mark)[0].strip() if mark else line
    yield line.removesuffix(")")


def _call(text: str, names: Collection[str], known: Collection[str]) -> str:
    if not text or len(text) > LONGEST:
        return ""
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    if not isinstance(tree, ast.Call):
        return ""
    called = getattr(tree.func, "id", getattr(tree.func, "attr", ""))
    names_used = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in names_used if isinstance(node.ctx, ast.Store)}
    is_known = {node.id for node in names_used} - bound <= {*known, *_BUILTINS}
    return ast.unparse(tree) if called in names and is_known else ""


def _changed(tree: ast.expr) -> Iterator[str]:
    assert isinstance(tree, ast.Call)
    outer = copy.deepcopy(tree)
    for place in ast.walk(outer):
        for field, value in ast.iter_fields(place):
            parts = value if isinstance(value, list) else [value]
            for number, part in enumerate(parts):
                if not isinstance(part, ast.expr) or (place is outer and field == "func"):
                    continue
                for other in _others(part):
                    if isinstance(value, list):
                        value[number] = other
                    else:
                        setattr(place, field, other)
                    yield ast.unparse(outer)
                    if isinstance(value, list):
                        value[number] = part
                    else:
                        setattr(place, field, part)


def _others(part: ast.expr) -> Iterator[ast.expr]:
    if isinstance(part, ast.Constant):
        value = part.value
        others: tuple[object, ...] = ()
        if isinstance(value, bool):
            others = (not value,)
        elif isinstance(value, int) and abs(value) < 1 << 40:
            others = (value + 1, value - 1, 0, 2 * value, -value)
        elif isinstance(value, float):
            others = (value + 0.5, -value, 0.0)
        elif isinstance(value, str):
            others = ("", value[::-1], value * 2, value[:1], value.swapcase(), value[1:])
        yield from (ast.Constant(other) for other in others if other != value)  # type: ignore[arg-type]
    elif isinstance(part, ast.List | ast.Tuple | ast.Set) and part.elts:
        items = part.elts
        for elements in (items[::-1], items + items[:1], items[1:], items[:1], items[::2], []):
            other = copy.copy(part)
            other.elts = list(elements)
            # Braces without anything between them are no set.
            if len(elements) <= 40 and (elements or not isinstance(part, ast.Set)):
                yield other


def _values(annotation: ast.expr | None) -> tuple[str, ...]:
    said = ast.unparse(annotation).lower() if annotation is not None else ""
    said = said.removeprefix("optional[").removeprefix("typing.")
    if said.startswith(("list[list[str", "sequence[sequence[str")):
        return ("[['a', 'b'], ['b', 'a']]", "[['a']]", "[['a', 'b', 'c'], ['c', 'a', 'b']]")
    if said.startswith("list[list"):
        return (
            "[[1, 2], [2, 3]]",
            "[[1]]",
            "[[0, 1], [1, 0]]",
            "[[1, 2, 3], [4, 5, 6], [7, 8, 9]]",
        )
    if said.startswith(("list[str", "sequence[str", "iterable[str")):
        return ("['a', 'b', 'ab']", "[]", "['abc']", "['b', 'a', 'b']")
    if said.startswith(("list", "sequence", "iterable")):
        return ("[1, 2, 3]", "[]", "[5, 3, 4, 1]", "[2, 2, 1]", "[0, -1, 7]")
    if said.startswith("dict"):
        return ("{'a': 1}", "{}")
    table = {
        "str": ("'abc'", "''", "'a'", "'abba'", "'A b'", "'12'"),
        "float": ("1.5", "0.0", "-2.25"),
        "bool": ("True", "False"),
    }
    return table.get(said, ("3", "0", "1", "2", "10", "-1", "7"))
