"""An answer on its way to being a suggestion, and what may change it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from assistant.completion.scope import Plan
from assistant.completion.site import Site


@dataclass(frozen=True, slots=True)
class Draft:
    """``text`` is to replace ``site.offset:end`` of the document.

    ``finish_reason`` is the engine's: ``length`` when the answer broke off (so is
    ``timeout``), anything else when it ended. ``dropped`` says why nothing is left; empty
    while there is something. ``applied`` names the filters that changed it, in order.
    Line ends are ``\\n`` until the last filters.
    """

    site: Site
    plan: Plan
    text: str
    end: int
    finish_reason: str = ""
    dropped: str = ""
    applied: tuple[str, ...] = ()
    checked: tuple[str, int] = ("", 0)
    """The text and end that were found to parse, so that it is not done again."""

    @property
    def broke_off(self) -> bool:
        """Whether the answer's last line may be the start of a longer one."""
        return self.finish_reason in ("length", "timeout", "abort") and self.text[-1:] != "\n"

    def with_text(self, text: str) -> Draft:
        return self if text == self.text else replace(self, text=text)

    def cut(self, at: int) -> Draft:
        """Keeps the text before ``at``; what is left then ends there for good."""
        if at >= len(self.text):
            return self
        return replace(self, text=self.text[:at], finish_reason="cut")

    def drop(self, why: str) -> Draft:
        return replace(self, text="", end=self.site.offset, dropped=why)


class Filter(Protocol):
    """A step of post-processing.

    A plug-in: one module in :mod:`assistant.completion.filters` (or named in ``plugins``)
    that defines ``FILTER``. Filters run in rising ``order``, while there is text.
    """

    @property
    def name(self) -> str: ...

    @property
    def order(self) -> int: ...

    def apply(self, draft: Draft) -> Draft: ...
