"""A text in parts, each of which can be shown whole, in short, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

_CHUNK = 10
"""Lines that are left out together where nothing else says what belongs together."""


@dataclass(frozen=True)
class Part:
    """``lines`` (0-based, of what ``Layout`` is about): ``head``, if any, then ``inner``. ``short``
    may stand for the whole. A lower ``rank`` is shown before a higher one; where its first number
    is 0 it is shown by all means. One that ``opens`` may be shown without some of what is inside,
    as may one that is shown by all means. ``name`` is for people, in Markdown."""

    lines: range
    head: str | None = ""
    inner: tuple[Part, ...] = ()
    short: str = ""
    rank: tuple[float, ...] = (1,)
    name: str = ""
    opens: bool = False

    @cached_property
    def whole(self) -> str:
        return self.around([part.whole for part in self.inner])

    def around(self, inner: Sequence[str]) -> str:
        """Its text with that inside."""
        return "\n".join([*([] if self.head is None else [self.head]), *inner])


@dataclass(frozen=True, slots=True)
class Layout:
    """A text in parts. ``mark`` makes the marker of parts that follow one another; ``where`` makes
    Markdown that says which lines something is on."""

    parts: Sequence[Part]
    mark: Callable[[Sequence[Part]], str]
    where: Callable[[range], str]


def plainly(text: str, of: str, near: int = 0) -> Layout:
    """A text of which nothing is known but its lines; those around ``near`` matter most."""
    lines = text.split("\n")
    return Layout(chunks(lines, 0, range(near, near + 1)), marker("…", ""), spoken(of))


def chunks(lines: Sequence[str], first: int, near: range) -> list[Part]:
    """``lines``, a few together; those around ``near`` matter most. ``first`` is the number of the
    first one."""
    found = []
    for start in range(0, len(lines), _CHUNK):
        some = lines[start : start + _CHUNK]
        span = range(first + start, first + start + len(some))
        found.append(Part(span, "\n".join(some), rank=(distance(span, near),)))
    return found


def distance(span: range, near: range) -> float:
    """Lines between the two; 0 where they meet. Without ``near``, to the beginning."""
    if not near:
        return 1 + span.start
    return max(0, span.start - near.stop + 1, near.start - span.stop + 1)


def marker(before: str, after: str) -> Callable[[Sequence[Part]], str]:
    """Says in the text that lines are not there, as far in as the first of them."""

    def mark(parts: Sequence[Part]) -> str:
        text = parts[0].whole
        indent = text[: len(text) - len(text.lstrip())].split("\n")[-1]
        return f"{indent}{before} {lines_of(span_of(parts))} not shown{after}"

    return mark


def spoken(of: str) -> Callable[[range], str]:
    return lambda lines: f"{lines_of(lines)} of {of}"


def lines_of(lines: range) -> str:
    """As people count them."""
    one = f"line {lines.start + 1}"
    return one if len(lines) == 1 else f"lines {lines.start + 1}-{lines.stop}"


def span_of(parts: Sequence[Part]) -> range:
    return range(parts[0].lines.start, parts[-1].lines.stop)
