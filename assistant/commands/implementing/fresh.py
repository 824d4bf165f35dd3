"""A function that does not exist yet: cut out of an answer and set into a file."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

from assistant.commands.functions import functions
from assistant.syntax.language import Language
from assistant.types import Document

_WORDS = {
    "python": "def ",
    "javascript": "function ",
    "javascriptreact": "function ",
    "typescript": "function ",
    "typescriptreact": "function ",
    "go": "func ",
    "rust": "fn ",
    "swift": "func ",
    "kotlin": "fun ",
    "scala": "def ",
    "ruby": "def ",
    "php": "function ",
    "lua": "function ",
}
"""What a function of the language begins with; the others begin with its type."""
_BARE_METHODS = ("javascript", "typescript")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a new function goes: behind ``at``, which ends a line, with ``indent``."""

    text: str
    at: int
    language: Language
    indent: str = ""
    apart: int = 0
    """Empty lines before it."""
    qualified: str = "the new function"

    @property
    def start(self) -> int:
        return self.at

    @property
    def end(self) -> int:
        return self.at

    @property
    def opening(self) -> str:
        return ""

    @property
    def word(self) -> str:
        """What the answer begins with."""
        name = self.language.name
        method = self.indent and name.startswith(_BARE_METHODS)
        return "" if method else _WORDS.get(name, "")

    def fitted(self, code: str) -> str:
        """The first function of ``code``, with the lines around it; empty where there is none."""
        shifted = textwrap.indent(textwrap.dedent(code.strip("\n")), self.indent)
        lead = "\n" * (1 + self.apart) if self.at else ""
        before = self.text[: self.at] + lead
        # Read in its place: a method is one in its class only.
        whole = f"{before}{shifted}\n{self.text[self.at :]}"
        for found in functions(Document(Path("file"), whole, self.language.name)):
            if len(before) <= found.start <= len(before) + len(shifted):
                closed = whole[found.end : found.end + 1] == "}"
                source = whole[found.start : found.end + closed].rstrip()
                return lead + self.indent + source + self._after()
        return ""

    def _after(self) -> str:
        rest = self.text[self.at :]
        if not rest.strip():
            return "" if rest.startswith("\n") else "\n"
        lines = rest[: len(rest) - len(rest.lstrip())].count("\n")
        if rest.lstrip().startswith("}"):
            return "\n" * max(0, 1 - lines)
        apart = 2 if self.language.name == "python" and not self.indent else 1
        return "\n" * max(0, 1 + apart - lines)
