"""One answer, and what was found out about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.commands.implementing.evidence import Verdict


@dataclass(frozen=True, slots=True)
class Candidate:
    """``body`` fills the gap; ``text`` is the whole file with it and with ``imports``."""

    body: str
    text: str
    parses: bool = True
    missing: tuple[str, ...] = ()
    """Names that nothing defines."""
    hidden: bool = False
    """Whether nobody can say which are."""
    imports: tuple[str, ...] = ()
    verdict: Verdict | None = None
    """None where nothing could be tried."""
    settled: bool = True
    """False while others are to be compared with it."""
    alike: int = 0
    """Answers, itself among them, that behave as it does, where that was tried."""

    @property
    def usable(self) -> bool:
        return self.parses and not self.missing

    @property
    def good(self) -> bool:
        return self.usable and self.settled and self._ran and not self.failures

    @property
    def failures(self) -> list[str]:
        return self.verdict.failures if self.verdict else []

    @property
    def _ran(self) -> bool:
        return self.verdict is None or not self.verdict.fault

    @property
    def worth(self) -> tuple[bool, bool, bool, float, int, int]:
        """More is better; of equal ones the first is taken."""
        verdict = self.verdict or Verdict()
        broken = -len(verdict.broken)
        return self.parses, not self.missing, self._ran, verdict.share, broken, self.alike

    def wrong(self) -> Iterator[str]:
        """What the model is told of it, a line each."""
        yield from self.failures[:3]
        if self.missing:
            yield f"these names are not defined: {', '.join(self.missing)}"
        if self.verdict and self.verdict.fault:
            yield self.verdict.fault
        if not self.body.strip():
            yield "it holds nothing to put there"
        elif not self.parses:
            yield "it does not parse"
