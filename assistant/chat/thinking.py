"""A reasoning model's thoughts, told from its answer while both come."""

from __future__ import annotations

from collections.abc import Callable

OPEN, CLOSE = "<think>", "</think>"


class Thinking:
    """Takes text as it comes; ``answer`` gets what is to be read, ``thought`` what is to be folded.
    In a text only thoughts at the very beginning count, as reasoning models write them; a server
    that tells them from the answer itself is taken at its word (:meth:`think`)."""

    def __init__(self, answer: Callable[[str], None], thought: Callable[[str], None]) -> None:
        self._answer, self._thought = answer, thought
        self._held = ""
        self._state = "start"
        self.thought = ""

    @property
    def begun(self) -> bool:
        """Whether anything came."""
        return self._state != "start" or bool(self._held)

    def feed(self, text: str) -> None:
        self._held += text
        if self._state == "start":
            lead = self._held.lstrip()
            if lead.startswith(OPEN):
                self._state, self._held = "thinking", lead.removeprefix(OPEN)
            elif lead and not OPEN.startswith(lead):
                self._state = "answer"
        if self._state == "thinking":
            before, found, after = self._held.partition(CLOSE)
            if found:
                self._think(before)
                self._state, self._held = "between", after
            else:
                keep = _begun(self._held, CLOSE)
                self._think(self._held[: len(self._held) - keep])
                self._held = self._held[len(self._held) - keep :]
        if self._state == "between":
            self._held = self._held.lstrip("\n")
            self._state = "answer" if self._held else "between"
        if self._state == "answer" and self._held:
            self._answer(self._held)
            self._held = ""

    def think(self, text: str) -> None:
        """A piece of thought that came apart from the text."""
        if text and self._state == "start":
            self._state = "between"
        self._think(text)

    def finish(self) -> None:
        """What was held back for the rest of a tag is text."""
        if self._state == "thinking":
            self._think(self._held)
        elif self._held:
            self._answer(self._held)
        self._held = ""

    def _think(self, text: str) -> None:
        self.thought += text
        if text:
            self._thought(text)


def _begun(text: str, tag: str) -> int:
    """How many characters at the end of ``text`` may be the beginning of ``tag``."""
    return next((n for n in range(len(tag) - 1, 0, -1) if text.endswith(tag[:n])), 0)
