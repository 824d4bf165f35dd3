"""Markdown of a model, passed on word by word: every ``file:line`` in it is checked.

A model names places that it has never seen: see :mod:`assistant.commands.lookup`. Blocks of code
are passed on as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assistant.commands.links import Fact
from assistant.commands.lookup import TOKEN, Lookup, without_gone
from assistant.commands.settled import GONE, cuts, open_to_the_right
from assistant.commands.sources import Sources

_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_DEFINITION = re.compile(r"\s{0,3}\[[^\]]+\]:\s*\S")
_UNDECIDED = re.compile(r"\s*(?:\[[^\]]*(?:\]:\s*)?)?\Z")
"""The beginning of a line that may become a definition."""
_LONGEST = 4_000
"""Characters that are held back; more than that are passed on as they stand."""


class Checked:
    """Takes Markdown as it comes and says what of it holds, as soon as nothing that may follow
    can change it. ``facts`` are numbered from 1."""

    def __init__(self, sources: Sources, facts: Sequence[Fact], say: Callable[[str], None]) -> None:
        self.links = Lookup(sources, facts)
        self.said = ""
        self._say = say
        self._rest = ""
        """Of the line, what was not said yet."""
        self._fence = ""
        self._raw = self._dropped = False
        """Whether the line is one of a block, or one that is left out."""
        self._raw_line = ""
        self._begun = False
        """Whether some of the line was said."""

    def feed(self, text: str) -> None:
        # A piece ends where a word does, wherever the model's pieces end.
        for piece in re.findall(r"\S*\n|\S*[^\S\n]|\S+", text.replace(GONE, "")):
            while len(self._rest) + len(piece) > _LONGEST:
                room = _LONGEST - len(self._rest)
                self._rest, piece = self._rest + piece[:room], piece[room:]
                self._say_settled(anyway=True)
            self._rest += piece
            if piece.endswith("\n"):
                self._rest = self._rest[:-1]
                self._end_line("\n")
            elif piece[-1].isspace():
                self._say_settled()

    def finish(self) -> str:
        """The last line, and what was said altogether."""
        self._end_line("")
        if self._fence:
            self.add(f"\n{self._fence}\n")
            self._fence = ""
        return self.said

    def add(self, markdown: str) -> None:
        """Say what needs no check."""
        if markdown:
            self.said += markdown
            self._say(markdown)

    def _end_line(self, newline: str) -> None:
        self._look_at_beginning()
        if self._raw:
            self._pass_raw()
            self._in_or_out(self._raw_line)
        shown = "" if self._dropped else without_gone(self.links.marked(self._rest))
        self.add(shown + newline)
        self.links.new_line()
        self._rest = self._raw_line = ""
        self._begun = self._dropped = False
        self._raw = bool(self._fence)

    def _say_settled(self, anyway: bool = False) -> None:
        """Say what of the unfinished line is settled; all of it ``anyway``."""
        self._look_at_beginning()
        if self._raw:
            self._pass_raw()
        elif self._dropped:
            self._rest = ""
        elif anyway:
            self.add(without_gone(self.links.marked(self._rest)))
            self._rest, self._begun = "", True
        elif self._begun or not _UNDECIDED.match(self._rest):
            self._say_longest()

    def _say_longest(self) -> None:
        before = self.links.snapshot()
        for cut in cuts(self._rest, TOKEN):
            marked = self.links.marked(self._rest[:cut])
            shown = without_gone(marked)
            if not (open_to_the_right(marked) or open_to_the_right(shown)):
                self._rest, self._begun = self._rest[cut:], True
                self.add(shown)
                return
            self.links.restore(before)

    def _look_at_beginning(self) -> None:
        if self._begun or self._raw or self._dropped:
            return
        self._raw = _FENCE.match(self._rest) is not None
        if not self._raw and _DEFINITION.match(self._rest):
            self.links.removed += 1
            self._dropped = True

    def _pass_raw(self) -> None:
        self._raw_line += self._rest
        self.add(self._rest)
        self._rest = ""

    def _in_or_out(self, line: str) -> None:
        """A line of a block has ended: whether the block begins, goes on or ends with it."""
        fence = _FENCE.match(line)
        if not self._fence:
            self._fence = fence[1] if fence else ""
        elif fence and fence[1].startswith(self._fence) and not line.strip("`~ \t\r"):
            self._fence = ""
