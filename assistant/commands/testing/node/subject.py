"""What stands at a place of a JavaScript or TypeScript file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.commands.protocol import Place
from assistant.commands.testing.case import Target
from assistant.commands.testing.trees import Grammar, nodes, of
from assistant.syntax import by_name, of_document
from assistant.syntax.tree import parse

if TYPE_CHECKING:
    import tree_sitter

_FUNCTIONS = {"function_declaration", "generator_function_declaration"}
_CLASSES = {"class_declaration", "abstract_class_declaration"}
_VALUES = {"arrow_function", "function_expression", "function", "class"}
_GLOBALS = (
    "Array BigInt Boolean Buffer Date Error Float64Array Infinity Int32Array JSON Map Math NaN "
    "Number Object Promise RangeError RegExp Set String Symbol TypeError URL URLSearchParams "
    "Uint8Array isNaN parseFloat parseInt structuredClone undefined"
)


def grammar() -> Grammar:
    """Of calls: they are plain JavaScript, without types."""
    return Grammar(
        by_name("javascript"),
        "%s",
        frozenset({"call_expression"}),
        ("function", "property"),
        frozenset({"identifier", "shorthand_property_identifier"}),
        frozenset({"arrow_function", "function_expression"}),
        frozenset({"array"}),
        frozenset({"number"}),
        frozenset({"string"}),
        frozenset(_GLOBALS.split()),
        frozenset({"await_expression", "spread_element", "optional_chain"}),
    )


def target_at(place: Place, path: str) -> Target | None:
    """The function at the place, else the class; None where there is none at the file's top."""
    text = place.document.text
    language = of_document(place.document.path, text, place.document.language)
    if language is None:
        return None
    data = text.encode("utf-8", "surrogatepass")
    at = len(text[: place.start].encode("utf-8", "surrogatepass"))
    # The whole of the line counts.
    line = place.document.text[place.start :].split("\n", 1)[0]
    ahead = at + (len(line) - len(line.lstrip()) if not text[: place.start].strip(" \t") else 0)
    for outer in parse(data, language).root_node.named_children:
        row = data.rfind(b"\n", 0, outer.start_byte) + 1
        if not (row <= at <= outer.end_byte or outer.start_byte <= ahead <= outer.end_byte):
            continue
        for name, node in _definitions(outer):
            call, names, inner = _begun(name, node, at)
            chosen = inner or outer
            start = len(data[: _with_comment(chosen)].decode("utf-8", "surrogatepass"))
            end = len(data[: chosen.end_byte].decode("utf-8", "surrogatepass"))
            said = f"{name}.{names[0]}" if inner is not None else name
            doc = _docs(chosen) + "".join(
                _docs(member) for member in _methods(node) if inner is None
            )
            return Target(said, name, call, names, language, path, text, start, end, doc)
    return None


def throwing(target: Target) -> frozenset[int]:
    """Lines (1-based) of the file on which a ``throw`` stands."""
    root = parse(target.text, target.language).root_node
    return frozenset(
        line + 1
        for node in nodes(root)
        if node.type == "throw_statement"
        for line in range(node.start_point.row, node.end_point.row + 1)
    )


def statements(target: Target) -> frozenset[int]:
    """Lines (1-based) of the file on which a statement of a body in the target begins."""
    root = parse(target.text, target.language).root_node
    first = len(target.text[: target.start].encode("utf-8", "surrogatepass"))
    last = len(target.text[: target.end].encode("utf-8", "surrogatepass"))
    return frozenset(
        node.start_point.row + 1
        for block in nodes(root)
        if block.start_byte >= first and block.end_byte <= last
        for node in (block.named_children if block.type == "statement_block" else [])
        if "comment" not in node.type
    ) or frozenset(
        node.start_point.row + 1
        for arrow in nodes(root)
        if arrow.type == "arrow_function" and first <= arrow.start_byte < last
        for node in [arrow.child_by_field_name("body")]
        if node is not None
    )


def _definitions(outer: tree_sitter.Node) -> Iterator[tuple[str, tree_sitter.Node]]:
    """Functions and classes that a statement of the file defines."""
    for node in [outer, *outer.named_children]:
        name = node.child_by_field_name("name")
        if node.type in _FUNCTIONS | _CLASSES and name is not None:
            yield of(name), node
        elif node.type in {"lexical_declaration", "variable_declaration"}:
            for each in node.named_children:
                value, name = each.child_by_field_name("value"), each.child_by_field_name("name")
                if value is not None and name is not None and value.type in _VALUES:
                    yield of(name), value
        elif node.type == "assignment_expression":
            value, left = node.child_by_field_name("right"), node.child_by_field_name("left")
            if value is not None and left is not None and value.type in _VALUES:
                yield of(value.child_by_field_name("name") or left).rsplit(".", 1)[-1], value


def _methods(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    body = node.child_by_field_name("body")
    if "class" not in node.type or body is None:
        return []
    return [each for each in body.named_children if each.type == "method_definition"]


def _begun(
    name: str, node: tree_sitter.Node, at: int
) -> tuple[str, tuple[str, ...], tree_sitter.Node | None]:
    """How a call begins, the names that it may be of, and the method that it is about."""
    if "class" not in node.type:
        return f"{name}(", (name,), None
    methods = {of(m.child_by_field_name("name") or m): m for m in _methods(node)}
    made = methods.pop("constructor", None)
    public = {
        key: method
        for key, method in methods.items()
        if not key.startswith(("#", "_")) and not re.match(r"private|protected", of(method))
    }
    inner = next((each for each in public.values() if each.start_byte <= at <= each.end_byte), None)
    names = tuple(key for key, each in public.items() if inner is None or each == inner)
    parameters = made.child_by_field_name("parameters") if made is not None else None
    needs = parameters is not None and any(
        each.type not in {"assignment_pattern", "optional_parameter"}
        for each in parameters.named_children
    )
    begun = f"new {name}(" if needs or not names else f"new {name}().{names[0]}("
    if names and of(public[names[0]]).startswith("static"):
        begun = f"{name}.{names[0]}("
    return begun, names, inner


def _comments(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    found: list[tree_sitter.Node] = []
    before = node.prev_named_sibling
    while before is not None and before.type == "comment":
        found.insert(0, before)
        before = before.prev_named_sibling
    return found


def _with_comment(node: tree_sitter.Node) -> int:
    comments = _comments(node)
    return comments[0].start_byte if comments else node.start_byte


def _docs(node: tree_sitter.Node) -> str:
    text = "\n".join(of(comment) for comment in _comments(node))
    bare = (re.sub(r"^\s*(?:/\*+|\*+/|\*|//+)\s?", "", line) for line in text.split("\n"))
    return "\n".join(line.removesuffix("*/").rstrip() for line in bare) + "\n"
