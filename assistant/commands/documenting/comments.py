"""The comment above a function or class, in languages that document by comments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from assistant.syntax import Language, outline
from assistant.syntax.symbols import CONTAINERS, Definition
from assistant.syntax.tree import parse

DEFAULTS = {
    "c": "/**",
    "cpp": "/**",
    "csharp": "///",
    "go": "//",
    "java": "/**",
    "javascript": "/**",
    "kotlin": "/**",
    "lua": "---",
    "php": "/**",
    "ruby": "#",
    "rust": "///",
    "scala": "/**",
    "shellscript": "#",
    "sql": "--",
    "swift": "///",
    "typescript": "/**",
    "typescriptreact": "/**",
}
"""How each language's own tools expect a comment that documents."""
_TAGGED = ("java", "javascript", "typescript", "typescriptreact", "php", "kotlin", "scala")
"""Languages in which a parameter is documented by ``@param``."""
_MARKS = ("/**", "///", "//", "---", "--", "#")
_ABOVE = re.compile(
    r"\s*(?:@\w|#\[|\[\w|//go:|//nolint|//\s*@ts-|//\s*eslint|#\s*(?:shellcheck|rubocop|frozen_)|#!)"
)
_PARAM = re.compile(
    r"^@param\s+(?:\{[^}]*\}\s*)?\[?(?P<name>\$?\w+)(?:=[^\]]*)?\]?\s*(?:-\s+)?(?P<said>.*)",
    re.DOTALL,
)
_KINDS = CONTAINERS | {"function", "method", "macro", "constructor"}
_NAMED = ("name", "pattern", "declarator", "left")
_WIDTH = 88


@dataclass(slots=True)
class Comment:
    """``start:end`` are the offsets of the lines that it takes, of none where there is none;
    ``parameters`` is what it says of each, ``other`` what else begins with ``@``."""

    name: str
    kind: str
    start: int
    end: int
    indent: str
    mark: str
    tagged: bool
    source: str
    intro: str = ""
    parameters: dict[str, str] | None = None
    returns: str | None = None
    other: tuple[str, ...] = ()
    real: tuple[str, ...] | None = None
    """The names of its parameters; None where they cannot be told."""
    gives: bool | None = None


def comment_at(text: str, offset: int, language: Language) -> Comment | None:
    """The comment of the innermost function or class around ``offset``; None where no such stands
    there."""
    line = text.count("\n", 0, offset)
    found = [d for d in outline(text, language).definitions if d.kind in _KINDS]
    lines = text.split("\n")
    around = [d for d in found if _top(lines, d.start_line, "") <= line < d.end_line]
    if not around:
        return None
    definition = min(around, key=lambda each: (each.end_line - each.start_line, -each.start_line))
    mark, tags = _manner(lines, found, language)
    # The comment goes above what belongs to the definition: attributes, directives of tools.
    below = _attributes(lines, definition.start_line)
    above = _top(lines, below, mark)
    starts = [0]
    for each in lines:
        starts.append(starts[-1] + len(each) + 1)
    content = lines[definition.start_line]
    indent = content[: len(content) - len(content.lstrip())]
    node = _node(text, definition, language)
    real = _parameters(node, language, text) if node else None
    comment = Comment(
        definition.name,
        "class" if definition.kind in CONTAINERS else "function",
        starts[above],
        starts[below],
        indent,
        mark,
        tags,
        "\n".join(lines[above : definition.end_line]),
        real=tuple(real) if real is not None else None,
        gives=_gives(node) if node else None,
    )
    _read(comment, lines[above:below])
    return comment


def _attributes(lines: list[str], line: int) -> int:
    while line > 0 and _ABOVE.match(lines[line - 1]):
        line -= 1
    return line


def _top(lines: list[str], line: int, mark: str) -> int:
    """The first line of the comment that documents what stands on ``line``."""
    line = _attributes(lines, line)
    if not mark:
        return line
    end = line
    if mark == "/**":
        if line > 0 and lines[line - 1].rstrip().endswith("*/"):
            while line > 0 and not lines[line - 1].lstrip().startswith("/*"):
                line -= 1
            if line > 0 and lines[line - 1].lstrip().startswith("/**"):
                return line - 1
        return end
    while line > 0 and lines[line - 1].lstrip().startswith(mark):
        line -= 1
    return line


def _manner(lines: list[str], found: list[Definition], language: Language) -> tuple[str, bool]:
    """The mark that the file's comments begin with, and whether they name parameters by tags."""
    default = DEFAULTS[language.name]
    votes: Counter[str] = Counter()
    tagged = 0
    for definition in found:
        line = _attributes(lines, definition.start_line)
        last = lines[line - 1].strip() if line else ""
        mark = "/**" if last.endswith("*/") else next((m for m in _MARKS if last.startswith(m)), "")
        if not mark or (top := _top(lines, line, mark)) == line:
            continue
        # ``//`` above a function is often no documentation where the language has a mark for it.
        if mark in ("//", "--") and default not in (mark, "#"):
            continue
        votes[mark] += 1
        tagged += "@param" in "\n".join(lines[top:line])
    if not votes:
        return default, language.name in _TAGGED
    return votes.most_common(1)[0][0], tagged > 0


def _read(comment: Comment, lines: list[str]) -> None:
    bare = [re.sub(r"^\s*(?:/\*\*|\*/|\*|///|//|---?|#)\s?", "", line) for line in lines]
    bare = [re.sub(r"\s*\*/\s*$", "", line).rstrip("\r") for line in bare]
    intro, *tags = re.split(r"\n(?=@\w)", "\n".join(bare).strip("\n"))
    if intro.startswith("@"):
        intro, tags = "", [intro, *tags]
    comment.intro = intro.strip()
    comment.parameters = {}
    other = []
    for tag in tags:
        if found := _PARAM.match(tag):
            comment.parameters[found["name"]] = " ".join(found["said"].split())
        elif found := re.match(r"@returns?\b\s*(?:\{[^}]*\}\s*)?(.*)", tag, re.DOTALL):
            comment.returns = " ".join(found[1].split())
        else:
            other.append(tag.strip())
    comment.other = tuple(other)
    comment.tagged = comment.tagged or bool(comment.parameters)


def _node(text: str, definition: Definition, language: Language) -> tree_sitter.Node | None:
    stack = [parse(text, language).root_node]
    while stack:
        node = stack.pop()
        if node.type in language.functions and node.start_point.row >= definition.start_line:
            return node if node.start_point.row < definition.end_line else None
        first, last = node.start_point.row, node.end_point.row
        if first < definition.end_line and last >= definition.start_line:
            stack.extend(reversed(node.children))
    return None


def _parameters(node: tree_sitter.Node, language: Language, text: str) -> list[str] | None:
    data = text.encode("utf-8", "surrogatepass")
    held: tree_sitter.Node | None = node
    given = None
    while held is not None and given is None:
        given = held.child_by_field_name("parameters")
        if given is None:
            near = [c for c in held.children if "parameters" in c.type and "type" not in c.type]
            given = near[0] if near else None
        held = held.child_by_field_name("declarator")
    if given is None:
        return None
    names: list[str] = []
    for child in given.named_children:
        if child.type in language.comments or "self" in child.type or "receiver" in child.type:
            continue
        several = child.children_by_field_name("name") or [child]
        for each in several:
            name = _name(each, data)
            if name is None:
                return None  # a pattern has no name to document it by
            names.append(name)
    return [name for name in names if name not in ("this", "void")]


def _name(node: tree_sitter.Node, data: bytes) -> str | None:
    if node.type.endswith("_pattern") and node.type not in ("assignment_pattern", "rest_pattern"):
        return None
    for part in _NAMED:
        if (inner := node.child_by_field_name(part)) is not None:
            return _name(inner, data)
    if node.child_count and node.type != "variable_name":
        inside = [child for child in node.named_children if "type" not in child.type]
        return _name(inside[0], data) if inside else None
    written = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
    return written if re.fullmatch(r"\$?\w+", written) else None


def _gives(node: tree_sitter.Node) -> bool:
    """Whether a return statement in it has a value."""
    stack = list(node.children)
    while stack:
        each = stack.pop()
        if each.type in ("return_statement", "return_expression") and each.named_child_count:
            return True
        stack.extend(each.children)
    return False


def written(comment: Comment) -> str:
    """The lines of the comment, with exactly the parameters that there are."""
    lines = comment.intro.split("\n")
    if comment.tagged and comment.kind == "function":
        said = comment.parameters or {}
        if comment.real is None:
            tags = [f"@param {name} {text}".rstrip() for name, text in said.items()]
        else:
            tags = [f"@param {name} {said.get(name, '')}".rstrip() for name in comment.real]
        tags += [f"@return {comment.returns}"] if comment.returns is not None else []
        tags += comment.other
        lines += ["", *tags] if tags else []
    lines = [part for line in lines for part in _broken(line)]
    indent, mark = comment.indent, comment.mark
    if mark != "/**":
        return "".join(f"{indent}{mark} {line}".rstrip() + "\n" for line in lines)
    lines = [line.replace("*/", "* /") for line in lines]
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    inner = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{inner}{indent} */\n"


def _broken(line: str) -> Iterator[str]:
    import textwrap

    yield from textwrap.wrap(line, _WIDTH, break_long_words=False) or [""]
