"""Whether an edit of docstrings and comments left the code as it was."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator

from assistant.syntax.language import Language
from assistant.syntax.tree import parse

_LAYOUT = frozenset(
    {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


def same_python(before: str, after: str, old: tuple[int, int], new: tuple[int, int]) -> bool:
    """Whether two sources differ in one docstring only: that at ``old`` in the first, of no
    length where there was none, and at ``new`` in the second. Comments have to stay as well."""
    try:
        if _shape(before) != _shape(after):
            return False
        return list(_tokens(before, old)) == list(_tokens(after, new))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return False


def _shape(text: str) -> str:
    """The tree without its docstrings: what Python runs."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:]
    return ast.dump(tree)


def _tokens(text: str, left_out: tuple[int, int]) -> Iterator[tuple[int, str]]:
    starts = [0]
    for line in io.StringIO(text, newline="").readlines():
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
        at = starts[token.start[0] - 1] + token.start[1]
        inside = left_out[0] <= at < left_out[1] and token.type == tokenize.STRING
        if token.type not in _LAYOUT and not inside:
            yield token.type, token.string


def same_leaves(before: str, after: str, language: Language) -> bool:
    """Whether two sources have the same tokens but for comments, and errors no more."""
    return list(_leaves(before, language)) == list(_leaves(after, language))


def _leaves(text: str, language: Language) -> Iterator[tuple[str, bytes]]:
    data = text.encode("utf-8", "surrogatepass")
    stack = [parse(data, language).root_node]
    while stack:
        node = stack.pop()
        if node.type in language.comments:
            continue
        if node.child_count:
            stack.extend(reversed(node.children))
        else:
            yield node.type, data[node.start_byte : node.end_byte]
