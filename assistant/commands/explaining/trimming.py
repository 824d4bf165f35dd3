"""A text that is too long for the window: whole parts are left out, and it is said which.

What matters most stays whole; of the rest as many parts as fit do, in short where they can be, else
not at all, with a marker in their place. Nothing is cut in the middle of a part, unless not even
the most important one fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from assistant.commands.explaining.parts import Layout, Part, span_of

Count = Callable[[str], int]
"""Tokens of a text."""
_NAMES = 5
"""Parts that are named where several in a row are left out."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """``left`` says what is not in ``text``, a line of Markdown for each piece."""

    text: str
    left: tuple[str, ...] = ()


def fitted(layout: Layout, room: int, count: Count) -> Fitted:
    """The text of ``layout`` in at most ``room`` tokens; empty where nothing fits."""
    whole = "\n".join(part.whole for part in layout.parts)
    if count(whole) <= room:
        return Fitted(whole)
    return _Choice(layout, layout.parts, room, count).made()


@dataclass(slots=True)
class _Shown:
    """What stands for a part: its text, what that takes, and what of its inside is left out."""

    text: str
    cost: int
    in_short: bool = False
    left: tuple[str, ...] = ()


@dataclass(slots=True)
class _Choice:
    """Which of ``parts`` are shown, and how."""

    layout: Layout
    parts: Sequence[Part]
    room: int
    count: Count
    shown: list[_Shown | None] = field(default_factory=list)
    used: int = 0
    marker: int = 0
    steps: list[tuple[int, _Shown | None]] = field(default_factory=list)
    """What was shown before, to be taken back."""

    def made(self) -> Fitted:
        self.shown = [None] * len(self.parts)
        self.marker = self.used = self.count(self.layout.mark(self.parts)) + 1
        order = sorted(range(len(self.parts)), key=lambda n: self.parts[n].rank)
        for number in order:
            part = self.parts[number]
            if part.rank[0] == 0 and not self._show(number, part.whole):
                others = sum(self._cost(p.short) for p in self.parts if p is not part)
                self._open(number, min(others, self.room // 4))
        for number in order:
            if self.shown[number] is None and (short := self.parts[number].short):
                self._show(number, short, in_short=True)
        for number in order:
            self._show(number, self.parts[number].whole)
        for number in order:
            if self.parts[number].opens:
                self._open(number, 0)
        # The parts' tokens are not quite those of the text.
        while self.count(text := self._text()) > self.room and self.steps:
            number, before = self.steps.pop()
            self.shown[number] = before
        if not any(self.shown):
            return Fitted("", self._left())
        return Fitted(text, self._left())

    def _cost(self, text: str) -> int:
        return self.count(text) + 1 if text else 0

    def _show(self, number: int, text: str, *, in_short: bool = False) -> bool:
        now = self.shown[number]
        if now is not None and now.text == self.parts[number].whole:
            return True
        return self._take(number, _Shown(text, self._cost(text), in_short))

    def _take(self, number: int, shown: _Shown) -> bool:
        now = self.shown[number]
        more = shown.cost - (now.cost if now else self._markers_saved(number))
        if self.used + more > self.room:
            return False
        self.steps.append((number, now))
        self.shown[number] = shown
        self.used += more
        return True

    def _markers_saved(self, number: int) -> int:
        """What markers take less when a part is shown that was left out."""
        beside = [n for n in (number - 1, number + 1) if 0 <= n < len(self.parts)]
        return self.marker * (1 - sum(self.shown[n] is None for n in beside))

    def _open(self, number: int, reserve: int) -> None:
        """Show a part without some of what is inside, where that is more than is shown now."""
        part, now = self.parts[number], self.shown[number]
        if not part.inner or (now is not None and now.text == part.whole):
            return
        free = self.room - self.used - reserve + (now.cost if now else 0)
        head = self._cost(part.head or "")
        inside = _Choice(self.layout, part.inner, free - head - self.marker, self.count)
        made = inside.made()
        if made.text:
            text = part.around([made.text])
            self._take(number, _Shown(text, self._cost(text), left=made.left))

    def _text(self) -> str:
        found: list[str] = []
        for gone, some in groupby(self._both(), lambda both: both[1] is None):
            pairs = list(some)
            texts = [shown.text for _, shown in pairs if shown is not None]
            found += [self.layout.mark([part for part, _ in pairs])] if gone else texts
        return "\n".join(found)

    def _left(self) -> tuple[str, ...]:
        found: list[str] = []
        for how, some in groupby(self._both(), _how):
            pairs = list(some)
            if how is None:
                found += [each for _, shown in pairs if shown is not None for each in shown.left]
            else:
                found.append(self._said([part for part, _ in pairs], how))
        return tuple(found)

    def _both(self) -> Iterator[tuple[Part, _Shown | None]]:
        return zip(self.parts, self.shown, strict=True)

    def _said(self, parts: Sequence[Part], how: str) -> str:
        names = list(dict.fromkeys(part.name for part in parts if part.name))
        more = [f"{len(names) - _NAMES} more"] if len(names) > _NAMES else []
        about = ", ".join([*names[:_NAMES], *more])
        where = self.layout.where(span_of(parts))
        return "".join([where, f": {about}" if about else "", f" ({how})" if how else ""])


def _how(both: tuple[Part, _Shown | None]) -> str | None:
    """How people are told of a part; None where it is not left out itself."""
    shown = both[1]
    return "" if shown is None else "in short" if shown.in_short else None
