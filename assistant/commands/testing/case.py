"""A function or class that is tested, and what calls of it are expected to give."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.syntax.language import Language


@dataclass(frozen=True, slots=True)
class Target:
    """``start`` and ``end`` are offsets into ``text``, the file at ``path`` (relative to the
    project). ``top`` is the name that tests import, ``call`` how a call begins, ``names`` those of
    the functions that a call may be of, ``doc`` the comments before them."""

    name: str
    top: str
    call: str
    names: tuple[str, ...]
    language: Language
    path: str
    text: str
    start: int
    end: int
    doc: str = ""

    @property
    def source(self) -> str:
        """With the comment before it."""
        return self.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Case:
    """``call`` gives ``want`` (an expression), or raises what ``raises`` names, with ``message``
    where that is known. ``digits``: a number, compared up to as many decimal places.
    ``waited``: the call gives a promise. ``shown``: a comment says so; else running it did.
    ``values`` are results as expressions, each with its type, where the language has to know."""

    call: str
    want: str = ""
    raises: str = ""
    message: str | None = None
    digits: int | None = None
    waited: bool = False
    shown: bool = False
    values: tuple[tuple[str, str], ...] = ()

    @property
    def said(self) -> str:
        """For a title, in one line."""
        if self.raises:
            return f"{self.call} throws {self.raises}"
        return f"{self.call} is {self.want}"
