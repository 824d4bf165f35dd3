"""One answer, and what was found out about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

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
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of missing names that several modules of the project define: where."""
    imports: tuple[str, ...] = ()
    """Lines that go to the file's head."""
    own: tuple[str, ...] = ()
    """Lines that import from the project's own modules, ``inside`` the function or at the head."""
    inside: bool = False
    verdict: Verdict | None = None
    """None where nothing could be tried."""
    placeholder: bool = False
    """Whether it only stands in for a body."""
    unused: tuple[str, ...] = ()
    """Parameters that it never reads."""
    doubted: int = 0
    """How many of them speak against it: one that fits a lone example by chance often leaves some
    out, so a few others are drawn and preferred."""
    settled: bool = True
    """False while others are to be compared with it."""
    alike: int = 0
    """Answers, itself among them, that behave as it does, where that was tried."""

    @property
    def usable(self) -> bool:
        return self.parses and not self.missing and not self.placeholder

    @property
    def good(self) -> bool:
        return self.usable and self.settled and self._ran and not self.failures

    @property
    def proven(self) -> bool:
        """Whether something was tried, and holds."""
        return self.verdict is not None and self._ran and not self.failures

    @property
    def failures(self) -> list[str]:
        return self.verdict.failures if self.verdict else []

    @property
    def _ran(self) -> bool:
        return self.verdict is None or not self.verdict.fault

    @property
    def worth(self) -> tuple[bool, bool, bool, bool, float, int, int, int]:
        """More is better; of equal ones the first is taken."""
        verdict = self.verdict or Verdict()
        broken = -len(verdict.broken)
        sound = self.parses, not self.placeholder, not self.missing, self._ran
        return *sound, verdict.share, broken, self.alike, -self.doubted

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
        elif self.placeholder:
            yield "it is a placeholder, not the code"
