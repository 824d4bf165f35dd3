"""The place of the cursor: everything a completion's shape depends on, found once a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import tree_sitter

from assistant.completion import lines
from assistant.completion.brackets import Brackets
from assistant.completion.trees import MAX_BYTES, Parsed, trees
from assistant.syntax import Language, of_document
from assistant.types import Document

FOLLOWING = 12
"""Lines after the cursor that an answer is compared with."""

_WINDOW = 20_000


@dataclass(frozen=True)
class Site:
    """A document and a place in it. Offsets count code points.

    ``tree`` and ``parsed`` are None when the language is not known, the text is larger than
    :data:`assistant.completion.trees.MAX_BYTES`, or the cursor stands in a comment that the
    grammar is spared (``Language.thin``). Everything else holds for any text.
    """

    document: Document
    offset: int
    """The cursor, clamped to the text and never between ``\\r`` and ``\\n``."""
    language: Language | None
    parsed: Parsed | None = field(repr=False)
    line_start: int
    prefix: str = field(repr=False)
    """The whole text before the cursor."""
    suffix: str = field(repr=False)
    """The whole text from the cursor on."""
    line_prefix: str
    """The current line before the cursor."""
    line_suffix: str
    """The rest of the current line, without its end."""
    indent_unit: str
    tab_width: int
    newline: str
    in_string: bool
    in_comment: bool
    errors: int
    """Error and missing nodes in the tree; 0 without a tree."""
    following: tuple[str, ...]
    """The first lines after the current one that are not blank."""
    preceding: tuple[str, ...]
    """The last lines before the current one, blank ones too, in order."""

    @property
    def tree(self) -> tree_sitter.Tree | None:
        """The syntax tree of the text as it stands."""
        return self.parsed.tree if self.parsed else None

    @cached_property
    def brackets(self) -> Brackets:
        """The brackets, string or comment open at the cursor. Copy it before reading on."""
        return Brackets.at(self.language, self.tab_width, self.preceding, self.line_prefix)

    @property
    def whole_line(self) -> bool:
        """Whether the cursor stands before code with only indentation in front of it.

        Then whole lines go in above that line, if the answer ends with a line end.
        """
        return not self.line_prefix.strip() and bool(self.line_suffix.strip())

    @classmethod
    def of(cls, document: Document, offset: int) -> Site:
        """Looks at the text around ``offset``. Never raises for any text or offset."""
        text = document.text
        offset = min(max(offset, 0), len(text))
        if text.startswith("\n", offset) and text.endswith("\r", 0, offset):
            offset -= 1
        prefix, suffix = text[:offset], text[offset:]
        line_start = max(prefix.rfind("\n"), prefix.rfind("\r")) + 1
        line_prefix = prefix[line_start:]
        ends = [at for at in (suffix.find("\n"), suffix.find("\r")) if at >= 0]
        line_end = min(ends, default=len(suffix))
        line_suffix = suffix[:line_end]
        after = suffix[line_end : line_end + _WINDOW]

        language = of_document(document.path, document.text, document.language)
        parsed = None
        if language is not None and len(text) <= MAX_BYTES:
            source = text.encode("utf-8", "surrogatepass")
            if len(source) <= MAX_BYTES:
                shown = language.thin(source) if language.thin else source
                # In a comment that is not shown, what is typed would be read as code.
                before = len(prefix.encode("utf-8", "surrogatepass"))
                if shown is source or shown.endswith(
                    line_prefix.encode("utf-8", "surrogatepass"), 0, before
                ):
                    parsed = trees.parse(document.path, shown, language)
        tabs = line_prefix[:1] == "\t" or (language is not None and language.name == "go")
        near = prefix[-_WINDOW // 2 :] + after[: _WINDOW // 2]
        unit = lines.indent_unit(near, "\t" if tabs else "    ")
        preceding = tuple(lines.lines_before(text[:line_start], 401)[:-1])
        in_string, in_comment = _inside(parsed, prefix, preceding, line_prefix, language)
        return cls(
            document=document,
            offset=offset,
            language=language,
            parsed=parsed,
            line_start=line_start,
            prefix=prefix,
            suffix=suffix,
            line_prefix=line_prefix,
            line_suffix=line_suffix,
            indent_unit=unit,
            tab_width=4 if unit == "\t" else len(unit),
            newline=lines.newline_of(text),
            in_string=in_string,
            in_comment=in_comment,
            errors=parsed.errors if parsed else 0,
            following=lines.nonblank_after(after, FOLLOWING),
            preceding=preceding,
        )

    def width(self, line: str) -> int:
        """Columns of the line's indentation, tabs as this file shows them."""
        return lines.width(line, self.tab_width)


def _inside(
    parsed: Parsed | None,
    prefix: str,
    preceding: Sequence[str],
    line_prefix: str,
    language: Language | None,
) -> tuple[bool, bool]:
    """Whether the cursor stands in a string, and whether in a comment."""
    if language is None:
        return False, False
    if parsed is not None and prefix:
        at = len(prefix.encode("utf-8", "surrogatepass"))
        node = parsed.tree.root_node.descendant_for_byte_range(max(at - 1, 0), at)
        while node is not None:
            if node.type in language.comments and node.start_byte < at:
                inside = at < node.end_byte or not _closed(node, language)
                return False, inside and (bool(line_prefix) or at < node.end_byte)
            if node.type in language.strings:
                if node.start_byte < at < node.end_byte:
                    return True, False
                break
            node = node.parent
    if parsed is not None and not parsed.errors:
        return False, False
    # Text that is just being typed is often an error to the parser: read the lines themselves.
    state = Brackets.at(language, 4, preceding, line_prefix)
    return bool(state.quote), state.in_comment


def _closed(node: tree_sitter.Node, language: Language) -> bool:
    """Whether a comment has its own end, so that text after it is outside."""
    if language.block_comment is None or node.text is None:
        return False
    start, end = (mark.encode() for mark in language.block_comment)
    return node.text.startswith(start) and node.text.endswith(end)
