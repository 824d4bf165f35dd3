"""Parsing text with tree-sitter."""

from __future__ import annotations

import threading

import tree_sitter

from assistant.syntax.language import Language

# A tree_sitter.Parser keeps state while it parses: each thread has its own.
_local = threading.local()


def _parser(language: Language) -> tree_sitter.Parser:
    parsers: dict[str, tree_sitter.Parser] = _local.__dict__.setdefault("parsers", {})
    if language.name not in parsers:
        parsers[language.name] = tree_sitter.Parser(language.grammar)
    return parsers[language.name]


def parse(text: str | bytes, language: Language) -> tree_sitter.Tree:
    """The syntax tree of ``text``. Node positions count UTF-8 bytes. Safe to call from threads.

    Text that does not parse gives a tree with error nodes, never an exception. Of a long run of
    comments the tree may lack those in the middle.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return _parser(language).parse(language.thin(data) if language.thin else data)
