"""Code without its comments, for scores that only mean the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.syntax.language import Language


def without_comments(code: str, language: Language) -> str:
    """``code`` with every comment taken out, and the blanks before it.

    CrossCodeEval does this before it compares, by a regular expression; here the syntax tree
    keeps a ``#`` inside a string. The piece need not parse.
    """
    from assistant.syntax.tree import parse

    data = code.encode("utf-8", "surrogatepass")
    kept: list[bytes] = []
    at = 0
    stack = [parse(data, language).root_node]
    while stack:
        node = stack.pop()
        if node.type in language.comments:
            kept.append(data[at : node.start_byte].rstrip(b" \t"))
            at = node.end_byte
        else:
            stack.extend(reversed(node.children))
    kept.append(data[at:])
    return b"".join(kept).decode("utf-8", "surrogatepass")
