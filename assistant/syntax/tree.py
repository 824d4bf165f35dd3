"""Parsing text with tree-sitter."""

from __future__ import annotations

from functools import cache

import tree_sitter

from assistant.syntax.language import Language


@cache
def _parser(name: str) -> tree_sitter.Parser:
    from assistant.syntax.language import by_name

    return tree_sitter.Parser(by_name(name).grammar)


def parse(text: str | bytes, language: Language) -> tree_sitter.Tree:
    """The syntax tree of ``text``. Node positions count UTF-8 bytes.

    Text that does not parse gives a tree with error nodes, never an exception.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return _parser(language.name).parse(data)
