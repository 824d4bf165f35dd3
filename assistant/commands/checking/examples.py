"""The examples that a docstring shows: calls, and what they are said to give.

Doctests (Python's :mod:`doctest` reads them), and what people write instead: ``f(1) == 2``,
``f(1) => 2``, ``f(1) -> 2``, ``f(1) returns 2``, ``assert f(1) == 2``.
"""

from __future__ import annotations

import ast
import builtins
import doctest
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

MOST = 30
_GIVES = re.compile(
    r"\s*(?:#+\s*)?(?:==>|==|=>|=|-->|->|➞|→|should (?:return|give|be|equal)|returns?|gives?|is|"
    r"evaluates to|yields?)\s*:?\s*"
)
_WORD = re.compile(r"-?\d+(?:\.\d+)?|\"[^\"\n]*\"|'[^'\n]*'|(?i:true|false|none|null)\b")
_NAMES = {"true": "True", "false": "False", "none": "None", "null": "None"}
"""As people write them, in Python."""
_ROWS = 12
"""Lines of one assertion."""
_LONGEST = 2_000
"""Characters of a call or of a value."""


@dataclass(frozen=True, slots=True)
class Example:
    """``source`` gives ``want``. ``kind`` is ``value`` where ``want`` is an expression to compare
    with, ``text`` where it is what a terminal shows, ``setup`` where nothing is shown, ``holds``
    where ``source`` is to be true and ``want`` is the call in it."""

    source: str
    want: str
    kind: str


def examples(doc: str, name: str) -> list[Example]:
    """Those that ``doc`` shows of the function ``name``."""
    found = list(_doctests(doc))
    if not any(example.kind != "setup" for example in found):
        found = []
    plain = "\n".join(line for line in doc.split("\n") if not line.lstrip().startswith(">>>"))
    plain, asserted = _asserted(plain, name)
    for example in [*_stated(plain, name), *asserted]:
        if all((each.source, each.want) != (example.source, example.want) for each in found):
            found.append(example)
    return found[:MOST]


def _doctests(doc: str) -> Iterator[Example]:
    try:
        read = doctest.DocTestParser().get_examples(doc)
    except ValueError:
        # One that is not indented as the others: each block by itself.
        read = []
        for block in re.split(r"\n\s*\n", doc):
            try:
                read += doctest.DocTestParser().get_examples(block)
            except ValueError:
                continue
    for each in read:
        source = each.source.strip()
        if not _expression(source):
            yield Example(source, each.want.strip(), "text" if each.want.strip() else "setup")
            continue
        # Prose may follow without an empty line between.
        want = each.want.strip()
        first = want.split("\n", 1)[0].strip()
        if not want:
            yield _comparison(source)
        elif _expression(want):
            yield Example(source, want, "value")
        elif _expression(first) and "Traceback" not in want:
            yield Example(source, first, "value")
        else:
            yield Example(source, want, "text")


def _comparison(source: str) -> Example:
    """``f(1) == 2`` where a doctest shows nothing: that it holds is meant."""
    tree = ast.parse(source, mode="eval").body
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1 and isinstance(tree.ops[0], ast.Eq):
        return Example(ast.unparse(tree.left), ast.unparse(tree.comparators[0]), "value")
    return Example(source, "", "setup")


def _stated(doc: str, name: str) -> Iterator[Example]:
    for found in re.finditer(rf"(?<![\w.]){re.escape(name)}\s*\(", doc):
        end = _closing(doc, found.end() - 1)
        if end is None:
            continue
        call = " ".join(doc[found.start() : end].split("\n"))
        gives = _GIVES.match(doc, end)
        if gives is None or not _is_call(call):
            continue
        # The value may run over several lines; the longest text that is one.
        rest = doc[gives.end() : gives.end() + _LONGEST]
        exact = doc[end : gives.end()].strip() == "=="
        if want := _value(rest, exact):
            yield Example(call, want, "value")


def _asserted(doc: str, name: str) -> tuple[str, list[Example]]:
    """``doc`` without its assertions, and what they say of the function: ``assert f(1) == 2``,
    ``assert math.isclose(f(1), 0.5)``."""
    lines, left, found = doc.split("\n"), list[str](), list[Example]()
    number = 0
    while number < len(lines):
        used, statement = _statement(lines[number : number + _ROWS])
        if statement is None:
            left.append(lines[number])
        elif (example := _of_assertion(statement.test, name)) is not None:
            found.append(example)
        number += used
    return "\n".join(left), found


def _statement(lines: list[str]) -> tuple[int, ast.Assert | None]:
    """The assertion that ``lines`` begin with, and how many of them it takes."""
    if re.match(r"\s*assert\b", lines[0]):
        for used in range(1, len(lines) + 1):
            try:
                statement = ast.parse(textwrap.dedent("\n".join(lines[:used])).strip()).body[0]
            except (SyntaxError, ValueError, MemoryError, RecursionError):
                continue
            if isinstance(statement, ast.Assert):
                return used, statement
    return 1, None


def _of_assertion(test: ast.expr, name: str) -> Example | None:
    calls = [node for node in ast.walk(test) if isinstance(node, ast.Call)]
    call = next((node for node in calls if ast.unparse(node.func) == name), None)
    # A module is a name before a dot only: ``string`` alone is a variable of its place.
    modules = {
        node.value.id
        for node in ast.walk(test)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    known = {name, *dir(builtins), *(modules & sys.stdlib_module_names)}
    if call is None or not names <= known:
        return None
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[want]) if left is call:
            return Example(ast.unparse(call), ast.unparse(want), "value")
    return Example(ast.unparse(test), ast.unparse(call), "holds")


def _closing(text: str, opening: int) -> int | None:
    """Behind the bracket that closes the one at ``opening``; strings are skipped."""
    depth, quote, at = 0, "", opening
    while at < min(len(text), opening + _LONGEST):
        letter = text[at]
        if quote:
            if letter == "\\":
                at += 1
            elif letter == quote:
                quote = ""
        elif letter in "\"'":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    return None


def _value(rest: str, expressions: bool) -> str:
    """The literal that ``rest`` begins with; with ``expressions`` any expression on its line."""
    line = rest.split("\n", 1)[0].rstrip()
    if rest[:1] in "([{" and (end := _closing(rest, 0)):
        whole = " ".join(rest[:end].split("\n"))
        if _literal(whole):
            return whole
    for cut in (line, line.split("  ")[0], re.split(r"\s#|\s//|;|,\s+[a-z]", line)[0]):
        value = cut.strip().rstrip(".;,").strip("`")
        if _literal(value) or (expressions and value and _expression(value)):
            return value
    word = _WORD.match(line)
    if word is None:
        return ""
    if name := _NAMES.get(word[0].lower()):
        return name
    goes_on = re.match(r"\s*(?:[-+*/%<>=]|\w)", line[word.end() :])
    return "" if goes_on and not expressions else word[0]


def _literal(text: str) -> bool:
    try:
        ast.literal_eval(text.strip())
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return False
    return bool(text.strip())


def _expression(text: str) -> bool:
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


def _is_call(text: str) -> bool:
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    # ``f(a, b)`` in prose names its parameters; an example has values.
    return isinstance(tree, ast.Call) and not any(
        isinstance(node, ast.Name) for argument in tree.args for node in ast.walk(argument)
    )
