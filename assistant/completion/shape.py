"""What encloses a line: headers and their owners, read from indentation and the syntax tree.

Code that is being typed often does not parse, so indentation says who owns a line, and the
tree (or, where it has an error, the words of the line) says what the owner is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import tree_sitter

from assistant.completion.lines import CLOSERS
from assistant.completion.site import Site

_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'')
_MAX_HEADER = 30

_CONTROL = (
    r"(?:if|for|foreach|while|switch|catch|else|elif|elsif|elseif|return|do|try|with|using|lock"
    r"|match|when|guard|unless|until|case|except|finally|rescue|ensure|synchronized|select|loop"
    r"|unsafe|defer|go|await|async with|async for)\b"
)
_CLASS_WORD = re.compile(
    r"(?:^|[\s(])(?:class|interface|struct|enum|trait|impl|module|namespace|object|record|protocol"
    r"|extension|union|actor|mixin)\s+[A-Za-z_<]"
)
_FUNCTION_WORD = re.compile(
    r"(?:^|[\s(=:,])(?:def|function|fn|func|fun|sub|proc|init|constructor|lambda)\b|=>\s*\{?$"
    r"|^create\s+(?:or\s+replace\s+)?(?:function|procedure)\b",
    re.IGNORECASE,
)
_C_FUNCTION = re.compile(
    r"^[\w:<>\[\],*&~\s.@?]*[\w~>]\s*\(.*\)[\w\s,.<>:*&\[\]?-]*\{?$", re.DOTALL
)
_STARTS_CONTROL = re.compile(r"^[}\s]*(?:\w+:\s*)?" + _CONTROL)

_RUBY_OPENER = re.compile(
    r"^(?:def|class|module|if|unless|while|until|case|begin|for|when|else|elsif|rescue|ensure)\b"
    r"|\bdo(?:\s*\|[^|]*\|)?$|=\s*(?:if|case|begin|unless)\b"
)
_LUA_OPENER = re.compile(r"(?:\b(?:then|do|else|repeat)|\bfunction\b.*\))$")
_SHELL_OPENER = re.compile(r"(?:\b(?:then|do|else|in)|\{)$")
_SQL_OPENER = re.compile(
    r"(?:\(|\b(?:begin|then|else|loop|as|select|from|where|values|set))$", re.IGNORECASE
)
_TAG = re.compile(r"<([A-Za-z][\w:.-]*)(?:\s[^<>]*)?(?<!/)>$")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"}
_CASE = re.compile(r"^(?:case\b.*|default\s*|public|private|protected|signals):$")

END_WORDS = re.compile(r"(?:end|fi|done|esac|until|endif|endfor|END)\b|</")
"""What closes a block by a word of its own line."""
CONTINUES = re.compile(
    r"(?:else|elif|elsif|elseif|rescue|ensure|when|then|do|except|finally|catch|case|default|in"
    r"|ELSE|WHEN|public|private|protected|where)\b"
)
"""What goes on with a block at the indentation of its header."""

DEFINES = re.compile(
    r"(?:(?:export|default|async|pub|public|private|static|abstract|final|local)\s+)*"
    r"(?:def|class|function|fn|func|fun|interface|struct|enum|trait|impl|module|namespace)\b|@\w"
)
"""How a line begins that begins a definition."""


class Kind(StrEnum):
    FUNCTION = "function"
    CLASS = "class"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Header:
    """The line or lines that own a block: indices into ``site.preceding``, both inclusive.

    ``last`` may be ``len(site.preceding)``: then the header ends on the cursor's own line.
    """

    first: int
    last: int
    indent: int


def line_at(site: Site, index: int) -> str:
    """A line before the cursor; behind the last stands the current one, up to the cursor."""
    return site.preceding[index] if index < len(site.preceding) else site.line_prefix


def previous(site: Site, index: int) -> int:
    """The last line before ``index`` that is not blank; -1 when there is none."""
    index -= 1
    while index >= 0 and not site.preceding[index].strip():
        index -= 1
    return index


def opens_block(site: Site, text: str) -> bool:
    """Whether what follows this line, or these lines of one header, belongs inside it."""
    line = _bare(site, text)
    if not line:
        return False
    name = site.language.name if site.language else ""
    if name == "html":
        tag = _TAG.search(line)
        return tag is not None and tag[1].lower() not in _VOID
    if line[-1] in "{([":
        return True
    if site.language is None or site.language.indented or name == "scala":
        return line[-1] == ":" or (name == "scala" and line.endswith(("=", "=>", " then")))
    if _CASE.match(line):
        return True
    if name == "ruby":
        return _RUBY_OPENER.search(line) is not None and not re.search(r"\bend$", line)
    patterns = {"lua": _LUA_OPENER, "shellscript": _SHELL_OPENER, "sql": _SQL_OPENER}
    return name in patterns and patterns[name].search(line) is not None


def header_at(site: Site, last: int) -> Header:
    """The header that ends on line ``last``: goes up to where its brackets open."""
    first = last
    line = _bare(site, line_at(site, last))
    if line == "{" and (above := previous(site, last)) >= 0:
        first, line = above, _bare(site, line_at(site, above))
    missing = _balance(line)
    while missing > 0 and first > max(0, last - _MAX_HEADER):
        first -= 1
        missing += _balance(_bare(site, line_at(site, first)))
    return Header(first, last, site.width(line_at(site, first)))


def owners(site: Site, indent: int, before: int | None = None) -> Iterator[Header]:
    """The headers around a line indented by ``indent``, the innermost first."""
    index = len(site.preceding) if before is None else before
    while index > 0:
        index -= 1
        line = line_at(site, index)
        if not line.strip() or site.width(line) >= indent or _skipped(site, index, line):
            continue
        header = header_at(site, index)
        if header.indent >= indent:
            continue
        yield header
        index, indent = header.first, header.indent
        if indent == 0:
            return


def text_of(site: Site, header: Header) -> str:
    return "\n".join(line_at(site, i) for i in range(header.first, header.last + 1))


def kind_of(site: Site, header: Header) -> Kind:
    """What the header introduces."""
    found = _by_tree(site, header)
    if found is not None:
        return found
    text = " ".join(_bare(site, line) for line in text_of(site, header).split("\n"))
    text = text.strip()[-800:]
    if _STARTS_CONTROL.match(text):
        return Kind.BLOCK
    if _CLASS_WORD.search(text) and not _FUNCTION_WORD.search(text):
        return Kind.CLASS
    if _FUNCTION_WORD.search(text):
        return Kind.FUNCTION
    if text.endswith("{") and _C_FUNCTION.match(text) and "=" not in text.split("(")[0]:
        return Kind.FUNCTION
    return Kind.BLOCK


def _by_tree(site: Site, header: Header) -> Kind | None:
    if site.tree is None or site.language is None:
        return None
    here = site.prefix.count("\n")
    row = here - (len(site.preceding) - header.last)
    top = here - (len(site.preceding) - header.first)
    line = line_at(site, header.last)
    column = len(_uncommented(site, line).rstrip().encode("utf-8", "surrogatepass")) - 1
    if row < 0 or column < 0:
        return None
    node: tree_sitter.Node | None = site.tree.root_node.descendant_for_point_range(
        (row, column), (row, column + 1)
    )
    while node is not None and node.parent is not None and node.start_point[0] >= top:
        if node.is_error:
            return None
        if node.type in site.language.functions:
            return Kind.FUNCTION
        if node.type in site.language.classes:
            return Kind.CLASS
        node = node.parent
    # Ended at something larger; an error there says nothing about this header.
    return None if node is None or node.is_error or site.errors else Kind.BLOCK


def is_comment(site: Site, line: str) -> bool:
    """Whether the line holds nothing but a comment, or is inside one by its looks."""
    text = line.strip()
    language = site.language
    if language is None:
        return text.startswith(("#", "//"))
    if language.line_comment and text.startswith(language.line_comment):
        return True
    if language.block_comment:
        start, end = language.block_comment
        return text.startswith((start, "* ")) or text in ("*", end) or text.endswith(end)
    return False


def _skipped(site: Site, index: int, line: str) -> bool:
    """Lines whose indentation says nothing: directives, comments, text in strings."""
    text = line.strip()
    name = site.language.name if site.language else ""
    if text[0] == "#" and name in ("c", "cpp", "csharp"):
        return True
    if is_comment(site, line):
        return True
    if site.tree is None or site.language is None:
        return False
    row = site.prefix.count("\n") - (len(site.preceding) - index)
    column = len(line) - len(line.lstrip())
    if row < 0:
        return False
    point = (row, column)
    node = site.tree.root_node.descendant_for_point_range(point, point)
    while node is not None and node.start_point < point:
        if node.type in site.language.strings or node.type in site.language.comments:
            return True
        node = node.parent
    return False


def _uncommented(site: Site, line: str) -> str:
    mark = site.language.line_comment if site.language else ""
    if mark and mark in line:
        masked = _STRING.sub(lambda m: "_" * len(m[0]), line)
        at = masked.find(mark)
        if at >= 0 and (at == 0 or mark != "#" or masked[at - 1].isspace()):
            return line[:at]
    return line


def _bare(site: Site, line: str) -> str:
    """The line without its comment and outer space; long lines by their end."""
    return _uncommented(site, line[-2000:]).strip()


def _balance(line: str) -> int:
    """Closing brackets without an opening one before them."""
    text = _STRING.sub("", line)
    return sum(text.count(c) for c in CLOSERS) - sum(text.count(c) for c in CLOSERS.values())
