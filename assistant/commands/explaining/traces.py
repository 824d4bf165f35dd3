"""A traceback in parts: frames of the repository, other frames, and what is said between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.commands.explaining.parts import Layout, Part, chunks, marker, spoken
from assistant.commands.links import Fact
from assistant.commands.sources import Sources

_FRAMES = (
    re.compile(r'File "(?P<path>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<name>\S+))?'),
    re.compile(r"at (?:(?P<name>[\w.$<>]+) )?\(?(?P<path>[^\s()]+?):(?P<line>\d+)(?::\d+)?\)?"),
    re.compile(r"(?P<path>[\w./@+-]+\.\w+):(?P<line>\d+)(?P<name>)"),
)
_LONGEST = 1000
"""Characters of a line that are looked at."""
_CYCLE = 12
"""Frames that may call each other in a circle."""
_AROUND = 3
"""Lines shown around a line that a frame names."""
_SHOWN = 3
"""Frames whose lines are shown beside the traceback."""


def frames(text: str, sources: Sources) -> Iterator[Fact]:
    """The places of the workspace that a traceback passes, each once."""
    seen = set[tuple[str, int]]()
    for path, line in (place for each in text.split("\n") for place in _places(each, sources)):
        if (path, line) in seen:
            continue
        seen.add((path, line))
        around = sources.around(path, line)
        where = f"is in `{around.name}`, where the error passed" if around else "was passed"
        yield Fact(path, line, where, (sources.line(path, line) or "").strip())


def layout(text: str, facts: Sequence[Fact], sources: Sources) -> Layout:
    """The end of a traceback says what happened; then come the repository's own frames, the last
    one first, and the code around those in ``facts``. What comes again and again stands once."""
    units = list(_units(text, sources))
    total = len(units)
    parts = [unit.part(total - number) for number, unit in enumerate(_folded(units))]
    about = [
        Part(range(0), f"\nAround {fact.place}:\n{_around(fact, sources)}", rank=(2, order))
        for order, fact in enumerate(reversed(facts[-_SHOWN:]))
    ]
    return Layout([*parts, *reversed(about)], marker("  …", ""), spoken("the traceback"))


def _around(fact: Fact, sources: Sources) -> str:
    start = max(0, fact.line - _AROUND)
    return "\n".join(sources.lines(fact.path)[start : fact.line + _AROUND + 1])


@dataclass(slots=True)
class _Unit:
    """A frame with its lines of code, or lines between frames."""

    lines: range
    text: list[str]
    frame: bool
    ours: bool = False

    def part(self, from_end: int) -> Part:
        shown = "\n".join(self.text)
        if self.frame:
            kind = 1 if self.ours else 4
            name = "frames of the repository" if self.ours else "frames outside of the repository"
            return Part(self.lines, shown, rank=(kind, from_end), name=name)
        near = range(self.lines.stop - 1, self.lines.stop)
        inner = tuple(chunks(self.text, self.lines.start, near)) if len(self.text) > 1 else ()
        kind = 0 if from_end <= 1 else 3
        return Part(self.lines, None if inner else shown, inner, rank=(kind, from_end), opens=True)


def _units(text: str, sources: Sources) -> Iterator[_Unit]:
    now: _Unit | None = None
    indent = 0
    for number, line in enumerate(text.split("\n")):
        found = _matches(line)
        spaces = len(line) - len(line.lstrip())
        if found:
            if now:
                yield now
            ours = any(_places(line, sources))
            now, indent = _Unit(range(number, number + 1), [line], True, ours), spaces
        elif now and (not now.frame or (spaces > indent and line.strip())):
            now.text.append(line)
            now.lines = range(now.lines.start, number + 1)
        else:
            if now:
                yield now
            now = _Unit(range(number, number + 1), [line], False)
    if now:
        yield now


def _folded(units: list[_Unit]) -> Iterator[_Unit]:
    """``units`` without frames that come again and again, which is said in their place."""
    at = 0
    while at < len(units):
        length, times = _repeated(units, at)
        if times < 2:
            yield units[at]
            at += 1
            continue
        yield from units[at : at + length]
        gone = units[at + length : at + length * (times + 1)]
        what = "frame above comes" if length == 1 else f"{length} frames above come"
        span = range(gone[0].lines.start, gone[-1].lines.stop)
        said = f"  … the {what} {times} more times"
        yield _Unit(span, [said], True, any(unit.ours for unit in gone))
        at += length * (times + 1)


def _repeated(units: list[_Unit], at: int) -> tuple[int, int]:
    """How many frames from ``at`` on come again, and how often, for the most that are spared."""
    best = (1, 0)
    for length in range(1, _CYCLE + 1):
        cycle = [unit.text for unit in units[at : at + length]]
        if len(cycle) < length or not all(unit.frame for unit in units[at : at + length]):
            break
        times, next_ = 0, at + length
        while [unit.text for unit in units[next_ : next_ + length]] == cycle:
            times, next_ = times + 1, next_ + length
        if times * length > best[0] * best[1]:
            best = length, times
    return best


def _places(line: str, sources: Sources) -> Iterator[tuple[str, int]]:
    """Lines of files of the workspace, 0-based, that a line of text names."""
    for frame in _matches(line):
        path, number = sources.find(frame["path"].removeprefix("file://")), int(frame["line"]) - 1
        if path is not None and sources.line(path, number) is not None:
            yield path, number


def _matches(line: str) -> list[re.Match[str]]:
    line = line[:_LONGEST]
    return next((found for one in _FRAMES if (found := list(one.finditer(line)))), [])
