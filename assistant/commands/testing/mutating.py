"""Mutants of a source in a language that has a tree-sitter grammar: one token changed, a condition
turned round, a statement left out.

The operators are those that suffice according to Offutt et al. 1996, "An Experimental
Determination of Sufficient Mutant Operators", with statement deletion (Deng, Offutt and Li 2013).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from assistant.commands.testing.trees import of
from assistant.syntax.language import Language
from assistant.syntax.tree import parse

if TYPE_CHECKING:
    import tree_sitter

_OPERATORS: Mapping[str, tuple[str, ...]] = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "===": ("!==",),
    "!==": ("===",),
    "+": ("-",),
    "-": ("+",),
    "*": ("/", "+"),
    "/": ("*",),
    "%": ("*",),
    "**": ("*",),
    "&&": ("||",),
    "||": ("&&",),
    "??": ("&&",),
    "&": ("|",),
    "|": ("&",),
    "^": ("&",),
    "<<": (">>",),
    ">>": ("<<",),
    ">>>": ("<<",),
    "+=": ("-=",),
    "-=": ("+=",),
    "*=": ("/=",),
    "/=": ("*=",),
    "++": ("--",),
    "--": ("++",),
}
_AROUND = ("binary_expression", "assignment", "update", "inc_statement", "dec_statement")
_NUMBERS = (
    "number",
    "int_literal",
    "integer_literal",
    "float_literal",
    "floating_point_literal",
    "decimal_integer_literal",
    "decimal_floating_point_literal",
)
_STRINGS = ("string", "interpreted_string_literal", "string_literal")
_LEFT_OUT = frozenset(
    {
        "expression_statement",
        "assignment_statement",
        "inc_statement",
        "dec_statement",
        "break_statement",
        "continue_statement",
        "throw_statement",
    }
)
_WORDS = {"true": "false", "false": "true"}
_NAMES = {"min": "max", "max": "min", "floor": "ceil", "ceil": "floor", "some": "every"}
_NAMES |= {"every": "some", "push": "unshift", "shift": "pop", "pop": "shift"}
_NAMES |= {"startsWith": "endsWith", "endsWith": "startsWith", "Floor": "Ceil", "Ceil": "Floor"}
_NAMES |= {"toUpperCase": "toLowerCase", "toLowerCase": "toUpperCase", "Min": "Max", "Max": "Min"}
_NAMES |= {"HasPrefix": "HasSuffix", "HasSuffix": "HasPrefix", "ToUpper": "ToLower"}


def mutants(text: str, start: int, end: int, language: Language, most: int, seed: int) -> list[str]:
    """At most ``most`` copies of ``text`` with one fault in ``text[start:end]``, drawn by ``seed``.
    Each parses, where ``text`` does."""
    data = text.encode("utf-8", "surrogatepass")
    first = len(text[:start].encode("utf-8", "surrogatepass"))
    last = len(text[:end].encode("utf-8", "surrogatepass"))
    drawn = dict.fromkeys(_edits(parse(data, language).root_node, first, last))
    # Where functions have types, one that gives nothing does not compile.
    strict = language.name in {"go", "java"}
    edits = [edit for edit in drawn if not (strict and edit[2] == "return;")]
    random.Random(seed).shuffle(edits)  # noqa: S311 - a reproducible draw, not a secret
    found: list[str] = []
    for begin, finish, other in edits:
        if len(found) == most:
            break
        changed = data[:begin] + other.encode() + data[finish:]
        if not parse(changed, language).root_node.has_error:
            found.append(changed.decode("utf-8", "surrogatepass"))
    return found


def _edits(root: tree_sitter.Node, first: int, last: int) -> Iterator[tuple[int, int, str]]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.end_byte <= first or node.start_byte >= last:
            continue
        if node.start_byte >= first and node.end_byte <= last:
            for other in _others(node):
                yield node.start_byte, node.end_byte, other
        # What is thrown with which words is seldom what a test is about.
        if not node.type.startswith(("throw", "type_", "import", "comment")):
            stack.extend(reversed(node.children))


def _others(node: tree_sitter.Node) -> Iterator[str]:
    text = of(node)
    outer = node.parent.type if node.parent is not None else ""
    if not node.is_named and any(each in outer for each in _AROUND):
        yield from _OPERATORS.get(text, ())
    elif node.type in _NUMBERS and re.fullmatch(r"\d+(\.\d+)?", text):
        yield from (f"({text} + 1)", f"({text} - 1)") if "case" not in outer else ()
    elif node.type in _STRINGS and len(text) >= 2 and "import" not in outer:
        yield f"{text[0]}{text[-1]}" if len(text) > 2 else f"{text[0]}x{text[-1]}"
    elif text in _WORDS and not node.named_children:
        yield _WORDS[text]
    elif text in _NAMES and "identifier" in node.type and outer.startswith(_CALLED):
        yield _NAMES[text]
    elif node.type in _LEFT_OUT:
        yield _nothing(node)
    elif node.type == "return_statement" and node.named_children:
        yield "return;"
        yield from _returned(node)
    yield from _turned(node, text)


_CALLED = ("member_expression", "selector_expression", "method_invocation")


def _nothing(node: tree_sitter.Node) -> str:
    return "" if node.type in {"assignment_statement", "inc_statement", "dec_statement"} else ";"


def _returned(node: tree_sitter.Node) -> Iterator[str]:
    """Another result, where the method says of which type it is."""
    outer = node.parent
    while outer is not None and "lambda" not in outer.type and "declaration" not in outer.type:
        outer = outer.parent
    kind = outer.child_by_field_name("type") if outer is not None else None
    if kind is None or outer is None or outer.type != "method_declaration":
        return
    value = of(node.named_children[0])
    other = {"boolean_type": f"!({value})", "integral_type": "0", "floating_point_type": "0"}
    wanted = other.get(kind.type, "null")
    if wanted != value:
        yield f"return {wanted};"


def _turned(node: tree_sitter.Node, text: str) -> Iterator[str]:
    """A condition as its opposite."""
    outer = node.parent
    if outer is None or node != outer.child_by_field_name("condition"):
        return
    if not outer.type.startswith(("if", "while", "ternary", "do")):
        return
    bare = text[1:-1] if node.type == "parenthesized_expression" else text
    yield f"(!({bare}))" if node.type == "parenthesized_expression" else f"!({bare})"
