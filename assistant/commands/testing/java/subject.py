"""What stands at a place of a Java file, and what calls of it look like."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.commands.protocol import Place
from assistant.commands.testing.case import Target
from assistant.commands.testing.trees import Grammar, nodes, of
from assistant.syntax import by_name
from assistant.syntax.tree import parse

if TYPE_CHECKING:
    import tree_sitter

TYPES = by_name("java").classes
_OBJECTS = {"class_declaration", "record_declaration"}
_KNOWN = (
    "Arrays BigDecimal BigInteger Boolean Byte Character Collections Collectors Double Duration "
    "Float Instant Integer List LocalDate LocalDateTime LocalTime Long Map Math Objects Optional "
    "OptionalInt Set Short Stream IntStream String UUID"
)


def grammar() -> Grammar:
    """Of calls within a method."""
    return Grammar(
        by_name("java"),
        "class A {\nvoid f() {\n%s;\n}\n}\n",
        frozenset({"method_invocation", "object_creation_expression"}),
        ("name", "type"),
        frozenset({"identifier"}),
        frozenset({"lambda_expression"}),
        frozenset({"array_initializer"}),
        frozenset({"decimal_integer_literal", "decimal_floating_point_literal"}),
        frozenset({"string_literal"}),
        frozenset(_KNOWN.split()),
        frozenset({"assignment_expression", "update_expression", "class_body"}),
    )


def target_at(place: Place, path: str) -> Target | None:
    """The method at the place, else the class; None where there is neither."""
    text, language = place.document.text, by_name("java")
    data = text.encode("utf-8", "surrogatepass")
    at = len(text[: place.start].encode("utf-8", "surrogatepass"))
    types: list[tree_sitter.Node] = []
    chosen: tree_sitter.Node | None = None
    level = list(parse(data, language).root_node.named_children)
    while level:
        level = [each for each in level if each.type not in language.comments]
        node = next((each for each in level if _first(each, data) <= at <= each.end_byte), None)
        if node is None:
            break
        if node.type in TYPES and node.type != "annotation_type_declaration":
            types.append(node)
            level = _members(node)
        else:
            chosen = node if node.type == "method_declaration" else None
            break
    if not types:
        return None
    node = chosen or types[-1]
    owner = ".".join(_name(each) for each in types)
    methods = [each for each in _members(types[-1]) if each.type == "method_declaration"]
    public = [each for each in methods if "private" not in modifiers(each)]
    tested = [chosen] if chosen is not None else public
    begun, names = _begun(types[-1], owner, tested, alone=chosen is not None)
    said = f"{owner}.{_name(chosen)}" if chosen is not None else owner
    start = len(data[: _docs(node)[0]].decode("utf-8", "surrogatepass"))
    end = len(data[: node.end_byte].decode("utf-8", "surrogatepass"))
    doc = _docs(node)[1] + "".join(_docs(each)[1] for each in public if chosen is None)
    return Target(said, _name(types[0]), begun, names, language, path, text, start, end, doc)


def hidden(target: Target) -> str:
    """What of the target is private, so that no test can call it; else nothing."""
    data = target.text.encode("utf-8", "surrogatepass")
    last = len(target.text[: target.end].encode("utf-8", "surrogatepass"))
    for node in nodes(parse(data, target.language).root_node):
        around = node.type in TYPES and node.start_byte < last <= node.end_byte
        is_it = node.type == "method_declaration" and node.end_byte == last
        if (around or is_it) and "private" in modifiers(node):
            return _name(node)
    return ""


def modifiers(node: tree_sitter.Node) -> set[str]:
    """Words before a declaration: ``static``, ``private`` and so on."""
    found = next((each for each in node.named_children if each.type == "modifiers"), None)
    return {of(each) for each in found.children} if found is not None else set()


def _first(node: tree_sitter.Node, data: bytes) -> int:
    """Where its comment begins, or its line."""
    start = min(_docs(node)[0], node.start_byte)
    return data.rfind(b"\n", 0, start) + 1


def _name(node: tree_sitter.Node) -> str:
    found = node.child_by_field_name("name")
    return of(found) if found is not None else ""


def _members(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    body = node.child_by_field_name("body")
    members = list(body.named_children) if body is not None else []
    inner = [each for each in members if each.type == "enum_body_declarations"]
    members = [each for each in members if each not in inner]
    return [*members, *(one for each in inner for one in each.named_children)]


def _begun(
    owner: tree_sitter.Node, said: str, methods: list[tree_sitter.Node], *, alone: bool
) -> tuple[str, tuple[str, ...]]:
    """How a call begins, and the names that it may be of. ``alone``: one method is tested."""
    names = tuple(dict.fromkeys(_name(each) for each in methods))
    made = "" if "abstract" in modifiers(owner) else _made(owner, said)
    if not alone:
        # A class is tested by its methods, and by what its constructor refuses.
        names += (_name(owner),) if made else ()
    if not methods:
        return made or f"{said}.", names
    first = methods[0]
    if "static" in modifiers(first):
        return f"{said}.{names[0]}(", names
    if owner.type == "enum_declaration":
        constant = next((each for each in _members(owner) if each.type == "enum_constant"), None)
        return (f"{said}.{_name(constant)}.{names[0]}(" if constant else f"{said}."), names
    return (f"{made}.{names[0]}(" if made.endswith(")") else made or f"{said}."), names


def _made(owner: tree_sitter.Node, said: str) -> str:
    """How one is made: ``new A()``, or the beginning where it needs arguments; nothing where
    nobody else can."""
    if owner.type not in _OBJECTS:
        return ""
    parameters = owner.child_by_field_name("parameters")
    found = [each for each in _members(owner) if each.type == "constructor_declaration"]
    if owner.type == "record_declaration":
        empty = parameters is None or not parameters.named_children
        return f"new {said}()" if empty else f"new {said}("
    usable = [each for each in found if "private" not in modifiers(each)]
    if found and not usable:
        return _factory(owner, said)
    for each in usable:
        parameters = each.child_by_field_name("parameters")
        if parameters is None or not parameters.named_children:
            return f"new {said}()"
    return f"new {said}(" if usable else f"new {said}()"


def _factory(owner: tree_sitter.Node, said: str) -> str:
    """A static method that gives one."""
    for each in _members(owner):
        kind = each.child_by_field_name("type")
        is_open = {"static", "private"} & modifiers(each) == {"static"}
        if each.type != "method_declaration" or not is_open or kind is None:
            continue
        if of(kind) == _name(owner):
            parameters = each.child_by_field_name("parameters")
            empty = parameters is None or not parameters.named_children
            return f"{said}.{_name(each)}({')' if empty else ''}"
    return ""


def _docs(node: tree_sitter.Node) -> tuple[int, str]:
    """Where the comments before a declaration begin, and what they say without their marks."""
    comments: list[tree_sitter.Node] = []
    before = node.prev_named_sibling
    while before is not None and before.type in {"line_comment", "block_comment"}:
        beside = before.prev_named_sibling
        if beside is not None and beside.end_point.row == before.start_point.row:
            break  # behind another statement
        comments.insert(0, before)
        before = beside
    start = comments[0].start_byte if comments else node.start_byte
    return start, "".join(f"{line}\n" for each in comments for line in _plain(of(each)))


def _alone(found: re.Match[str]) -> str:
    """Code within a sentence: a call gets a line of its own, with what it gives."""
    text = found[1]
    if "(" not in text:
        return text
    is_whole = re.search(r"==|=>|->|//|\s=\s|\breturns?\b|\bthrows\b", text)
    return f"\n{text}\n" if is_whole else f"\n{text}"


def _plain(comment: str) -> Iterator[str]:
    """Lines of a comment, Javadoc's marks and tags taken off."""
    for line in comment.split("\n"):
        bare = re.sub(r"^\s*(?:/\*+|\*+/|\*|//+)\s?", "", line).removesuffix("*/").rstrip()
        bare = re.sub(r"\{@(?:code|literal)\s+((?:[^{}]|\{[^{}]*\})*)\}", _alone, bare)
        bare = re.sub(r"\{@link(?:plain)?\s+#?([\w.]+)[^{}]*\}", r"\1", bare)
        bare = re.sub(r"</?(?:p|pre|code|li|ul|ol|br|b|i|tt)\s*/?>", "", bare)
        yield html.unescape(bare).strip()
