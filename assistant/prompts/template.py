"""Fill-in-the-middle templates: which special tokens a model was trained with.

Fill-in-the-middle and its two orders (prefix-suffix-middle and suffix-prefix-middle) are
from Bavarian et al. 2022, "Efficient Training of Language Models to Fill in the Middle"
(arXiv 2207.14255).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from assistant.registry import Registry

Form = Literal["anchored", "psm"]


@dataclass(frozen=True, slots=True)
class FimTemplate:
    """The special tokens of one family of models, as their tokenizer spells them."""

    name: str
    prefix: str
    suffix: str
    middle: str
    stop: tuple[str, ...]
    """Tokens that end an answer."""
    file_separator: str = ""
    """Stands before the path of each file of a repository; empty when the model knows none,
    then other files are shown as comments at the head of the file."""
    repository: str = ""
    """Stands before the repository's name."""
    form: Form = "psm"
    """The form taken when the setting says ``auto``."""
    matches: tuple[str, ...] = ()
    """Lower-case parts of model names that this template fits."""

    @property
    def special(self) -> tuple[str, ...]:
        """Every token that only the layout may write."""
        named = (self.prefix, self.suffix, self.middle, self.file_separator, self.repository)
        return tuple(dict.fromkeys(t for t in (*named, *self.stop) if t))


@cache
def templates() -> Registry[FimTemplate]:
    return Registry("assistant.prompts.templates", "TEMPLATE")


def guess(model: str) -> FimTemplate | None:
    """The template whose ``matches`` name a part of ``model``; None when none does."""
    lowered = model.lower()
    return next((t for t in templates() if any(m in lowered for m in t.matches)), None)


def find(name: str, model: str) -> FimTemplate:
    """The template called ``name``, or, when that is empty, the one that fits ``model``.

    Raises UsageError that says how to name one.
    """
    from assistant.errors import UsageError

    if name:
        return templates().get(name)
    found = guess(model)
    if found is None:
        names = ", ".join(templates().names())
        raise UsageError(f"no fill-in-the-middle template fits {model!r}: set engine.fim ({names})")
    return found
