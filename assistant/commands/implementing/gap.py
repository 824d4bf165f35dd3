"""A gap in a file that an answer fills, whatever it was asked for by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.commands.functions import Function
from assistant.commands.references import Use
from assistant.commands.surroundings import Target
from assistant.syntax.language import Language


@dataclass(frozen=True, slots=True)
class Gap:
    """The answer replaces ``start:end`` (offsets) of ``text``.

    ``opening`` and ``closing`` are what of the file is shown with it, around it. The model's answer
    begins with ``begun``, so that a small one writes what is missing and nothing else; ``fit``
    makes of what it adds the text for the file, empty where that holds nothing of use.
    """

    text: str
    language: Language
    start: int
    end: int
    asked: str
    """The question, a line or more."""
    begun: str
    fit: Callable[[str], str]
    target: Target
    """What the rest of the file is shown without."""
    opening: str = ""
    closing: str = ""
    function: Function | None = None
    """Whose examples and tests speak for an answer; None where it does not exist yet."""
    promise: str = ""
    """Text other than a docstring that may hold examples."""
    name: str = ""
    """Of a function that does not exist yet, where it is known."""
    uses: tuple[Use, ...] = ()
    """Call sites that the question shows."""

    calls: tuple[str, ...] = ()
    """Of a function that does not exist yet, as the file has them."""

    def filled(self, body: str) -> str:
        """The whole file."""
        return self.text[: self.start] + body + self.text[self.end :]

    def shown(self, body: str) -> str:
        """The part of the file that people look at."""
        return self.opening + body + self.closing
