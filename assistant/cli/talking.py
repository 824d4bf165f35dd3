"""An answer in a terminal while it comes: rendered block by block, thoughts folded into a line.

What is not a terminal gets the answer's text as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import lru_cache
from threading import RLock
from typing import Protocol

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.segment import Segment, Segments
from rich.spinner import Spinner
from rich.text import Text

from assistant.cli.markdown import Blocks, Rendered
from assistant.cli.output import err, out, plain

THOUGHTS = "/thoughts"
"""What the user types to read what a model thought."""
_FRAMES = 8
"""A second, of what is still changing."""
_AROUND = 4
"""Lines of the terminal that the unfinished block leaves free."""


class Shown(Protocol):
    """Who shows one answer: a context manager; what had come is there when it is left, however
    that is. May be called from any thread."""

    def say(self, text: str) -> None: ...
    def think(self, text: str) -> None: ...
    def report(self, phrase: str) -> None: ...


def shown(quiet: bool) -> AbstractContextManager[Shown]:
    """For stdout as it is; ``quiet`` shows nothing of the answer."""
    from assistant.cli.console import PlainConsole

    console = PlainConsole()
    if console.is_terminal and not console.is_dumb_terminal and not quiet:
        return _Terminal(console)
    return _Text(quiet)


class _Thoughts:
    """How much was thought, and for how long."""

    def __init__(self) -> None:
        self.on = False
        self._began = 0.0
        self._lines = 1

    def add(self, text: str) -> None:
        if not self.on:
            self.on, self._began, self._lines = True, time.monotonic(), 1
        self._lines += text.count("\n")

    @property
    def _seconds(self) -> str:
        return f"{time.monotonic() - self._began:.0f} s"

    @property
    def line(self) -> str:
        return f"thinking … {self._lines} line{'s' * (self._lines > 1)}, {self._seconds}"

    def folded(self) -> str:
        self.on = False
        return f"thought for {self._seconds} · {THOUGHTS} shows it"


class _Text:
    """The text on stdout as it comes; the rest, in one line each, on stderr."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._console, self._notes = out(), err()
        self._status = self._notes.status("")
        self._thoughts = _Thoughts()
        self._said = False

    def __enter__(self) -> _Text:
        self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._status.stop()
        if not self._quiet:
            self._fold()
            if self._said or kind is None:
                self._console.print()

    def say(self, text: str) -> None:
        self._status.stop()
        if not self._quiet:
            self._fold()
            self._said = True
            self._console.print(text, end="", markup=False, soft_wrap=True)

    def think(self, text: str) -> None:
        self._thoughts.add(text)
        self._status.update(self._thoughts.line)

    def report(self, phrase: str) -> None:
        self._status.update(phrase)

    def _fold(self) -> None:
        if self._thoughts.on:
            self._notes.print(self._thoughts.folded(), style="dim")


class _Terminal:
    """Finished blocks stay, the unfinished one is drawn anew below them until it has ended."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._blocks = Blocks()
        self._thoughts = _Thoughts()
        self._spinner = Spinner("dots")
        self._phrase = ""
        self._first = True
        self._tail = lru_cache(1)(self._last_lines)
        self._lock = RLock()
        """Never asked for by what is drawn anew, which holds the console's own."""
        self._live = Live(
            _Now(self._now), console=console, transient=True, refresh_per_second=_FRAMES
        )

    def __enter__(self) -> _Terminal:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._phrase = ""
            self._fold()
            self._keep(self._blocks.finish())
        self._live.stop()

    def say(self, text: str) -> None:
        with self._lock:
            self._fold()
            self._keep(self._blocks.feed(text))

    def think(self, text: str) -> None:
        with self._lock:
            self._thoughts.add(text)

    def report(self, phrase: str) -> None:
        self._phrase = phrase

    def _fold(self) -> None:
        if self._thoughts.on:
            self._console.print(self._thoughts.folded(), style="dim", markup=False)

    def _keep(self, blocks: list[str]) -> None:
        parts: list[RenderableType] = []
        for block in blocks:
            parts += [Rendered(block)] if self._first else [Text(""), Rendered(block)]
            self._first = False
        if parts:
            self._console.print(Group(*parts), crop=False)

    def _now(self) -> Iterable[RenderableType]:
        """What has not ended: a line on what is done, or the unfinished block."""
        if self._thoughts.on or not self._blocks.rest.strip():
            said = self._thoughts.line if self._thoughts.on else self._phrase
            self._spinner.update(text=Text(plain(said), style="dim"))
            return [self._spinner] if said else []
        return [Segments(self._tail(self._blocks.rest, self._console.width))]

    def _last_lines(self, block: str, width: int) -> list[Segment]:
        """Those of a block that the terminal has room for."""
        lines = self._console.render_lines(Rendered(block), pad=False, new_lines=True)
        if not self._first:
            lines = [[Segment.line()], *lines]
        lines = lines[-max(1, self._console.height - _AROUND) :]
        return [segment for line in lines for segment in line]


class _Now:
    """Asked anew whenever it is drawn."""

    def __init__(self, now: Callable[[], Iterable[RenderableType]]) -> None:
        self._now = now

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self._now()
