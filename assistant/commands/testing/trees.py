"""Calls in a language that has a tree-sitter grammar: out of a model's answer, and with one value
changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING

from assistant.syntax.language import Language
from assistant.syntax.tree import parse

if TYPE_CHECKING:
    import tree_sitter

LONGEST = 240
"""Characters of a call."""
STATEMENT = 60
"""Elements of a list that is made longer."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a language's tree calls things. ``frame`` is code around statements, with ``%s`` in
    their place; ``callee`` are the fields of a call that hold what is called; ``variables`` are
    types of nodes that name a variable, ``binders`` of those that bring variables."""

    language: Language
    frame: str
    calls: frozenset[str]
    callee: tuple[str, ...]
    variables: frozenset[str]
    binders: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    strings: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    """Names that every file has."""
    unwanted: frozenset[str] = field(default_factory=frozenset)
    """Types of nodes that no call may hold."""
    keyed: frozenset[str] = frozenset()
    """Types of nodes whose first child is a name of a field, no variable."""


def of(node: tree_sitter.Node) -> str:
    """Its text."""
    return (node.text or b"").decode("utf-8", "replace")


def nodes(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """All nodes below ``root`` and itself, outer ones first, in the text's order."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def calls_in(
    code: str, grammar: Grammar, names: Collection[str], known: Collection[str]
) -> list[str]:
    """The calls of one of ``names`` that the lines of ``code`` show, outermost first; they use
    only variables that are ``known`` or that every file has."""
    found: dict[str, None] = {}
    for line in code.split("\n"):
        if not line.strip() or len(line) > 2 * LONGEST:
            continue
        for call in _calls(grammar.frame % line.strip(), grammar, names):
            text = " ".join(of(call).split("\n"))
            if len(text) <= LONGEST and _free(call, grammar) <= {*known, *grammar.known}:
                found[text] = None
    return list(found)


def neighbours(calls: Sequence[str], grammar: Grammar, most: int) -> list[str]:
    """Calls with one value changed, taking turns over ``calls``."""
    turns = chain.from_iterable(zip_longest(*(_changed(call, grammar) for call in calls)))
    fresh = dict.fromkeys(call for call in turns if call is not None and len(call) <= LONGEST)
    return list(islice((call for call in fresh if call not in calls), most))


def is_literal(text: str, grammar: Grammar) -> bool:
    """Whether ``text`` is an expression without variables of its own."""
    code = grammar.frame % f"({text});"
    root = parse(code, grammar.language).root_node
    inner = [node for node in nodes(root) if of(node) == f"({text})"]
    return bool(inner) and not root.has_error and _free(inner[0], grammar) <= grammar.known


def _calls(code: str, grammar: Grammar, names: Collection[str]) -> Iterator[tree_sitter.Node]:
    stack = [parse(code, grammar.language).root_node]
    while stack:
        node = stack.pop()
        if node.type in grammar.calls and not node.has_error and _called(node, grammar) in names:
            if not any(each.type in grammar.unwanted for each in nodes(node)):
                yield node
            continue
        stack.extend(reversed(node.children))


def _called(node: tree_sitter.Node, grammar: Grammar) -> str:
    """The last name of what a call calls."""
    callee: tree_sitter.Node | None = node
    for name in grammar.callee:
        inner = callee.child_by_field_name(name) if callee is not None else None
        callee = inner or callee
    return of(callee).rsplit(".", 1)[-1] if callee is not None and callee is not node else ""


def _free(call: tree_sitter.Node, grammar: Grammar) -> set[str]:
    inside = list(nodes(call))
    bound = {
        of(name)
        for node in inside
        if node.type in grammar.binders
        for part in (node.child_by_field_name("parameters"), node.child_by_field_name("parameter"))
        if part is not None
        for name in nodes(part)
        if name.type in grammar.variables
    }
    return {of(node) for node in inside if _is_variable(node, grammar)} - bound


def _is_variable(node: tree_sitter.Node, grammar: Grammar) -> bool:
    if node.type not in grammar.variables:
        return False
    outer = node.parent
    if outer is not None and outer.child_by_field_name("field") == node:
        return False
    around = outer.parent if outer is not None else None
    if around is not None and around.type in grammar.keyed and around.named_children[0] == outer:
        return False
    # The name of a method that is called on something, where the grammar has no type for it.
    is_method = outer is not None and outer.type in grammar.calls and _has_object(outer)
    return not (is_method and outer is not None and outer.child_by_field_name("name") == node)


def _has_object(node: tree_sitter.Node) -> bool:
    return node.child_by_field_name("object") is not None


def _changed(call: str, grammar: Grammar) -> Iterator[str]:
    before = grammar.frame.index("%s")
    data = (grammar.frame % call).encode()
    length = len(call.encode())
    for node in nodes(parse(data, grammar.language).root_node):
        start, end = node.start_byte - before, node.end_byte - before
        if start < 0 or end > length:
            continue
        for other in _others(node, grammar):
            raw = call.encode()
            if raw[:start].rstrip().endswith(b"-") and (other.startswith("-") or other == "0"):
                continue  # no two minus signs in a row, and no negative zero
            yield (raw[:start] + other.encode() + raw[end:]).decode()


def _others(node: tree_sitter.Node, grammar: Grammar) -> Iterator[str]:
    text = of(node)
    if node.type in grammar.numbers:
        yield from _numbers(text)
    elif node.type in grammar.strings and len(text) > 1:
        yield from _strings(text)
    elif text in {"true", "false"} and not node.children:
        yield "false" if text == "true" else "true"
    elif node.type in grammar.lists and node.named_children:
        items = [of(child) for child in node.named_children]
        opening, closing = text[: len(text) - len(text.lstrip("[{"))][:1], text[-1]
        for each in (items[::-1], items + items[:1], items[1:], items[:1], items[::2], []):
            if each != items and len(each) <= STATEMENT:
                yield f"{opening}{', '.join(each)}{closing}"


def _numbers(text: str) -> Iterator[str]:
    if re.fullmatch(r"\d{1,12}", text):
        value = int(text)
        others: list[float] = [value + 1, value - 1, 0, 2 * value, -value]
    elif re.fullmatch(r"\d+\.\d+", text):
        others = [float(text) + 0.5, -float(text), 0.0]
    else:
        return
    yield from (each for each in dict.fromkeys(map(str, others)) if each != text)


def _strings(text: str) -> Iterator[str]:
    quote, inner = text[0], text[1:-1]
    if "\\" in inner or "${" in inner:
        yield f"{quote}{quote}"
        return
    changes: tuple[Callable[[str], str], ...] = (
        lambda s: "",
        lambda s: s[::-1],
        lambda s: s * 2,
        lambda s: s[:1],
        str.swapcase,
        lambda s: s[1:],
    )
    others = dict.fromkeys(change(inner) for change in changes)
    yield from (f"{quote}{other}{quote}" for other in others if other != inner)
