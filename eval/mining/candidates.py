"""The places in one file that are worth asking for."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import tree_sitter

from assistant.syntax import Language, parse
from eval.metrics.identifiers import identifiers
from eval.mining.records import KIND

MOST_LINES = {"line": 1, "block": 10, "function": 30}
LEAST_CHARACTERS = 12
MOST_CHARACTERS = 1200
_CUT = re.compile(r"(?<=\w)\.(?=\w)|\((?=.)|(?<![=<>!])=\s(?=\S)|->(?=\w)|::(?=\w)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """``start`` and ``end`` in code points; ``names`` of other files that its text uses."""

    kind: KIND
    start: int
    end: int
    names: tuple[str, ...]


def candidates(
    text: str,
    language: Language,
    foreign: Callable[[str, str], bool],
    rng: random.Random,
    include_tests: bool = False,
) -> Iterator[Candidate]:
    """Every place whose text uses a name that is ``foreign`` in it, and stands nowhere else in the
    file. Where a line is cut is drawn from ``rng``. ``include_tests`` is for those inside a
    source file, as Rust has them."""
    data = text.encode("utf-8", "surrogatepass")
    whole = squeezed(text)
    for kind, first, last in _spans(parse(data, language).root_node, language, include_tests):
        start = len(data[:first].decode("utf-8", "surrogatepass"))
        end = start + len(data[first:last].decode("utf-8", "surrogatepass"))
        if kind == "line":
            end = _line_end(text, end)
            start = _cut(text[start:end], language, foreign, rng) + start
        target = text[start:end]
        if not LEAST_CHARACTERS <= len(squeezed(target)) <= MOST_CHARACTERS:
            continue
        names = tuple(n for n in dict.fromkeys(identifiers(target, language)) if foreign(n, target))
        if names and whole.count(squeezed(target)) == 1:
            yield Candidate(kind, start, end, names)


def squeezed(text: str) -> str:
    """White space of any length as one space."""
    return " ".join(text.split())


def _spans(
    root: tree_sitter.Node, language: Language, include_tests: bool
) -> Iterator[tuple[KIND, int, int]]:
    stack = [(root, False)]
    while stack:
        node, inside = stack.pop()
        is_function = node.type in language.functions
        body = node.child_by_field_name("body") if is_function and _is_named(node) else None
        said = _statements(body, language) if body is not None and not node.has_error else []
        if said and _fits(said[0], said[-1], "function", least=2):
            yield "function", said[0].start_byte, said[-1].end_byte
        if (inside or is_function) and node.type in language.blocks and not node.has_error:
            yield from _within(_statements(node, language), language)
        inside = inside or is_function
        stack.extend(
            (child, inside)
            for child in reversed(node.named_children)
            if include_tests or not _is_test(child)
        )


def _is_named(function: tree_sitter.Node) -> bool:
    """Whether it is defined by name, or is the whole value of one; a callback is not."""
    if function.child_by_field_name("name") or function.child_by_field_name("declarator"):
        return True
    holder = function.parent
    value = holder.child_by_field_name("value") if holder else None
    return value is not None and value.id == function.id


def _is_test(node: tree_sitter.Node) -> bool:
    """A module or function under Rust's test attributes."""
    before = node.prev_named_sibling
    while before is not None and before.type in ("attribute_item", "line_comment"):
        if re.search(rb"\btest\b", before.text or b"") and before.type == "attribute_item":
            return True
        before = before.prev_named_sibling
    return False


def _within(said: list[tree_sitter.Node], language: Language) -> Iterator[tuple[KIND, int, int]]:
    for number, node in enumerate(said):
        if node.start_point.row == node.end_point.row and node.type not in language.comments:
            yield "line", node.start_byte, node.end_byte
        if number and _fits(node, said[-1], "block", least=2):
            yield "block", node.start_byte, said[-1].end_byte


def _fits(first: tree_sitter.Node, last: tree_sitter.Node, kind: KIND, least: int) -> bool:
    return least <= last.end_point.row - first.start_point.row + 1 <= MOST_LINES[kind]


def _statements(block: tree_sitter.Node, language: Language) -> list[tree_sitter.Node]:
    """What a block holds, without leading comments, docstring and imports."""
    said = list(block.named_children)
    if len(said) == 1 and said[0].type.endswith("statement_list"):
        said = list(said[0].named_children)
    while said and (said[0].type in language.comments or _is_string(said[0], language)):
        said.pop(0)
    while said and said[-1].type in language.comments:
        said.pop()
    return [] if any("import" in node.type for node in said) else said


def _is_string(node: tree_sitter.Node, language: Language) -> bool:
    only = node.named_children[0] if node.named_child_count == 1 else node
    return only.type in language.strings


def _line_end(text: str, end: int) -> int:
    """With the semicolon; a comment behind it stays."""
    return end + 1 if text[end : end + 1] in (";", ",") else end


def _cut(
    line: str, language: Language, foreign: Callable[[str, str], bool], rng: random.Random
) -> int:
    """Where the cursor stands: at the start, or behind a dot, bracket or assignment that a
    foreign name follows."""
    places = [0]
    for found in _CUT.finditer(line):
        rest = line[found.end() :]
        if len(rest) >= LEAST_CHARACTERS and any(
            foreign(name, rest) for name in identifiers(rest, language)
        ):
            places.append(found.end())
    return rng.choice(places)
