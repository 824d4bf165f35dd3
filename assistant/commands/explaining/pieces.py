"""What the lines of a syntax node consist of."""

from __future__ import annotations

from dataclasses import dataclass

import tree_sitter

LEAST = 4
"""Lines: what is shorter is not worth a signature in its place."""
LOOSE = 20
"""Lines of statements that are left out together, at most."""
_DEEPEST = 30
"""Pieces within pieces that are told apart."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of one statement or definition; ``node`` is None for several small ones."""

    lines: range
    node: tree_sitter.Node | None
    depth: int = 0


def pieces(around: Piece) -> list[Piece]:
    """What the lines of a node consist of, without a gap; small statements lie together."""
    if around.node is None or around.depth > _DEEPEST:
        return []
    span, loose, depth = around.lines, range(0), around.depth + 1
    found: list[Piece] = []
    for child in around.node.named_children:
        # A line that two are on belongs to the first.
        start = found[-1].lines.stop if found else span.start
        start, stop = max(child.start_point.row, start), min(stop_of(child), span.stop)
        if start < stop:
            found.append(Piece(range(start, stop), child, depth))
    whole: list[Piece] = []
    for number, each in enumerate(found):
        # What stands between two belongs to the first.
        stop = found[number + 1].lines.start if number + 1 < len(found) else span.stop
        start = each.lines.start if whole else span.start
        lines = range(start, max(stop, start + 1))
        small = len(each.lines) < LEAST
        joined = len(loose) > 0 and len(loose) + len(lines) <= LOOSE
        if small and joined and whole[-1].node is None:
            loose = range(loose.start, lines.stop)
            whole[-1] = Piece(loose, None, depth)
        else:
            loose = lines if small else range(0)
            whole.append(Piece(lines, None if small else each.node, depth))
    return whole


def body(node: tree_sitter.Node | None) -> tree_sitter.Node | None:
    """The node whose children a long one consists of; None where it has none."""
    while node is not None and node.named_children:
        *before, last = node.named_children
        if last.end_point.row == last.start_point.row:
            break
        if any(child.end_point.row > node.start_point.row for child in before):
            break
        node = last
    return node if node is not None and len(node.named_children) > 1 else None


def holds(node: tree_sitter.Node, span: range) -> bool:
    return node.start_point.row <= span.start and span.stop <= stop_of(node)


def stop_of(node: tree_sitter.Node) -> int:
    end = node.end_point
    return end.row if end.column == 0 and end.row > node.start_point.row else end.row + 1
