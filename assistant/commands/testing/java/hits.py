"""Java statements: on which lines they begin, and a copy of a file that tells which were reached.

The copy calls a method before each statement of a body. It has the same lines and does the same;
where a loop would not end, that method ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.commands.testing.case import Target
from assistant.commands.testing.trees import nodes
from assistant.syntax import by_name
from assistant.syntax.tree import parse

if TYPE_CHECKING:
    import tree_sitter

HIT = "assistanttrials.Trial.hit"
_BODIES = {"block", "constructor_body", "switch_block_statement_group"}
_NONE = {"line_comment", "block_comment", "switch_label", "explicit_constructor_invocation"}
_ALONE = {
    "if_statement": ("consequence", "alternative"),
    "while_statement": ("body",),
    "do_statement": ("body",),
    "for_statement": ("body",),
    "enhanced_for_statement": ("body",),
}
"""Statements that may be followed by a single one, and the fields that hold it."""


def statements(target: Target) -> frozenset[int]:
    """Lines (1-based) of the file on which a statement of a body in the target begins."""
    data = target.text.encode("utf-8", "surrogatepass")
    first = len(target.text[: target.start].encode("utf-8", "surrogatepass"))
    last = len(target.text[: target.end].encode("utf-8", "surrogatepass"))
    return frozenset(
        node.start_point.row + 1
        for node, _ in _statements(parse(data, by_name("java")).root_node)
        if first <= node.start_byte and node.end_byte <= last
    )


def telling(text: str) -> str:
    """The file that tells what is reached."""
    data = text.encode("utf-8", "surrogatepass")
    added: list[tuple[int, bool, int, str]] = []
    root = parse(data, by_name("java")).root_node
    for node in nodes(root):
        body = node.child_by_field_name("body") if node.type in _ALONE else None
        if body is not None and body.type == "block" and not body.named_children:
            hit = f"{HIT}({node.start_point.row + 1});"
            added.append((body.start_byte + 1, True, 0, hit))
    for node, around in _statements(root):
        hit = f"{HIT}({node.start_point.row + 1}); "
        opening, closing = {"": ("", ""), "{": ("{ ", " }"), "yield": ("{ ", " }")}[around]
        behind = "yield " if around == "yield" else ""
        # At one place what ends comes first, then of what begins the outer one.
        added.append((node.start_byte, True, -node.end_byte, f"{opening}{hit}{behind}"))
        if closing:
            added.append((node.end_byte, False, 0, closing))
    for at, _, _, more in sorted(added, key=lambda each: each[:3], reverse=True):
        data = data[:at] + more.encode() + data[at:]
    return data.decode("utf-8", "surrogatepass")


def _statements(root: tree_sitter.Node) -> Iterator[tuple[tree_sitter.Node, str]]:
    """Each, with what has to stand around it for another one to come before it."""
    for node in nodes(root):
        if node.type in _BODIES:
            for each in node.named_children:
                if each.type not in _NONE:
                    yield each, ""
        elif node.type in _ALONE:
            for name in _ALONE[node.type]:
                body = node.child_by_field_name(name)
                if body is not None and body.type != "block":
                    yield body, "{"
        elif node.type == "switch_rule":
            each = node.named_children[-1]
            if each.type == "throw_statement":
                yield each, "{"
            elif each.type == "expression_statement":
                yield each, "{" if _is_statement(node) else "yield"


def _is_statement(rule: tree_sitter.Node) -> bool:
    """Whether the switch that a rule belongs to gives no value."""
    switch = rule.parent.parent if rule.parent is not None else None
    around = switch.parent if switch is not None else None
    if around is None:
        return True
    if around.type == "expression_statement" and around.parent is not None:
        return around.parent.type != "switch_rule" or _is_statement(around.parent)
    return around.type in {*_BODIES, *_ALONE, "labeled_statement"}
