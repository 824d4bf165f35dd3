"""Lines of a file in parts: definitions by their signatures, the rest by statements."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.commands.explaining.parts import (
    Layout,
    Part,
    chunks,
    distance,
    lines_of,
    marker,
)
from assistant.commands.explaining.pieces import LEAST, LOOSE, Piece, body, holds, pieces, stop_of
from assistant.commands.links import link
from assistant.context.records import Located
from assistant.context.summaries import summary
from assistant.syntax import Language
from assistant.syntax.symbols import CONTAINERS, Definition
from assistant.syntax.tree import parse


@dataclass(frozen=True)
class Code:
    """A file's text and what it defines. ``near`` are the lines that the user points to, ``wanted``
    the names that matter beside them."""

    path: str
    text: str
    language: Language
    definitions: Sequence[Definition]
    near: range
    wanted: Collection[str] = ()

    def layout(self, span: range) -> Layout:
        """The lines ``span``, 0-based."""
        node = parse(self.text, self.language).root_node
        while inside := next((c for c in node.named_children if holds(c, span)), None):
            node = inside
            if range(node.start_point.row, stop_of(node)) == span:
                break
        piece = Piece(span, node)
        if range(node.start_point.row, stop_of(node)) == span and node.parent is not None:
            parts = [self._part(piece, first=True, by_size=True)]
        else:
            parts = list(self._parts(piece, by_size=True))
        if len(parts) == 1 and parts[0].inner:
            # One definition: what it says of itself stays, what is inside is chosen from.
            only = parts[0]
            head = [] if only.head is None else [Part(self._head(only), only.head, rank=(0,))]
            parts = [*head, *only.inner]
        return Layout(parts, self._marker, self._where)

    def _where(self, span: range) -> str:
        return f"{link(self.path, span.start)} to line {span.stop}"

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _marker(self) -> Callable[[Sequence[Part]], str]:
        return marker(*self._comment)

    @cached_property
    def _comment(self) -> tuple[str, str]:
        if self.language.line_comment:
            return f"{self.language.line_comment} …", ""
        before, after = self.language.block_comment or ("", "")
        return f"{before} …".strip(), f" {after}" if after else ""

    def _head(self, part: Part) -> range:
        return range(part.lines.start, part.inner[0].lines.start)

    def _parts(self, piece: Piece, *, by_size: bool) -> Iterator[Part]:
        found = pieces(piece)
        if len(found) < 2 and (not found or found[0].node is None):
            yield from chunks(self._of(piece.lines), piece.lines.start, self.near)
            return
        for number, each in enumerate(found):
            yield self._part(each, first=number == 0, by_size=by_size)

    def _part(self, piece: Piece, *, first: bool, by_size: bool) -> Part:
        span, text = piece.lines, "\n".join(self._of(piece.lines))
        definition = self._defined(span) if piece.node is not None else None
        away = distance(span, self.near)
        wanted = definition is not None and definition.name in self.wanted
        rank = (
            0 if away == 0 else 1 if first else 2 if wanted else 3,
            len(span) if by_size else away,
            span.start,
        )
        short = self._short(definition, span) if definition else ""
        named = definition or next((d for d in self.definitions if d.start_line in span), None)
        name = f"`{_full(named)}`" if definition and named else ""
        container = definition is not None and definition.kind in CONTAINERS
        head: str | None = text
        inner: tuple[Part, ...] = ()
        if len(span) > LEAST and piece.node is not None:
            inner = tuple(self._inner(piece, by_size=container))
            if inner:
                first_of = self._of(range(span.start, inner[0].lines.start))
                head = "\n".join(first_of) if first_of else None
        elif len(span) > LOOSE:
            head, inner = None, tuple(chunks(self._of(span), span.start, self.near))
        return Part(span, head, inner, short, rank, name, opens=container)

    def _inner(self, piece: Piece, *, by_size: bool) -> list[Part]:
        node = body(piece.node)
        start = node.start_point.row if node is not None else piece.lines.stop
        if node is not None and node.named_children:
            start = max(node.named_children[0].start_point.row, piece.lines.start)
        span = range(max(start, piece.lines.start + 1), piece.lines.stop)
        if node is None or not span:
            rest = range(piece.lines.start + 1, piece.lines.stop)
            return chunks(self._of(rest), rest.start, self.near) if len(rest) > LOOSE else []
        return list(self._parts(Piece(span, node, piece.depth), by_size=by_size))

    def _short(self, definition: Definition, span: range) -> str:
        if len(span) < LEAST:
            return ""
        inside = [Located(self.path, each) for each in self.definitions]
        text = summary(Located(self.path, definition), inside, self.language)
        line = self.lines[span.start]
        indent = line[: len(line) - len(line.lstrip())]
        before, after = self._comment
        deeper = "    " if self.language.indented else ""
        gone = f"{deeper}{before} {lines_of(span)} shown in short{after}"
        return "\n".join(f"{indent}{each}" if each else "" for each in [*text.split("\n"), gone])

    def _defined(self, span: range) -> Definition | None:
        """The outermost definition that lies in these lines, where they are about nothing else."""
        inside = [d for d in self.definitions if d.start_line in span and d.end_line <= span.stop]
        found = max(inside, key=lambda d: d.end_line - d.start_line, default=None)
        if found is None or found.kind in ("field", "variable", "constant"):
            return None
        return found if 2 * (found.end_line - found.start_line) > len(span) else None

    def _of(self, span: range) -> list[str]:
        return self.lines[span.start : span.stop]


def _full(definition: Definition) -> str:
    return f"{definition.parent}.{definition.name}" if definition.parent else definition.name
