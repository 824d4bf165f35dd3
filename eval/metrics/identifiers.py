"""Identifier match, precision, recall and F1, as CrossCodeEval defines them.

Ding et al. 2023, arXiv 2310.11248; ``eval_metric.py`` of github.com/amazon-science/cceval.
There a match compares the identifiers in order with repetitions, while precision, recall
and F1 compare them as sets. That code finds identifiers by regular expressions; here the
syntax tree says what is one, so that names in f-strings count, and ``True`` and ``False``
do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import tree_sitter

    from assistant.syntax.language import Language

WORD = re.compile(r"[^\W\d]\w*")
# Names in grammars that do not call them identifiers: PHP, Ruby, Bash.
OTHER_KINDS = frozenset({"name", "constant", "variable_name"})


class Overlap(NamedTuple):
    """Shares, 0 to 1, of distinct identifiers."""

    precision: float
    recall: float
    f1: float


def identifiers(code: str, language: Language) -> list[str]:
    """Every identifier of a piece of code in order, repetitions too.

    The piece need not parse. Keywords, literals, strings and comments hold none, except for
    what is interpolated into a string.
    """
    from assistant.syntax.tree import parse

    return list(_names(parse(code, language).root_node))


def match(answer: Sequence[str], reference: Sequence[str]) -> float:
    """1.0 if both have the same identifiers in the same order, else 0.0."""
    return float(list(answer) == list(reference))


def overlap(answer: Sequence[str], reference: Sequence[str]) -> Overlap:
    """Precision, recall and F1 of distinct identifiers; 0 where there is nothing to divide."""
    found, expected = set(answer), set(reference)
    shared = len(found & expected)
    return Overlap(
        precision=shared / len(found) if found else 0.0,
        recall=shared / len(expected) if expected else 0.0,
        f1=2 * shared / (len(found) + len(expected)) if found or expected else 0.0,
    )


def _names(root: tree_sitter.Node) -> Iterator[str]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.child_count:
            stack.extend(reversed(node.children))
        elif node.is_named and ("identifier" in node.type or node.type in OTHER_KINDS):
            text = (node.text or b"").decode("utf-8", "replace")
            if WORD.fullmatch(text):
                yield text
