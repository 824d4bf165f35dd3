"""An edit of a function that may mend it, and what was found out about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Repair:
    """One body in place of the function's, and what was found out about it."""

    body: str
    text: str
    """The whole file with it."""
    size: int = 0
    """Tokens that it changes."""
    parses: bool = True
    missing: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    own: bool = False
    """Whether it imports from another module of the project."""
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of missing names that several modules of the project define: where."""
    hidden: bool = False
    """Whether nobody can say which names are missing."""
    wrong: tuple[str, ...] = ()
    """What failed and still does."""
    broken: tuple[str, ...] = ()
    """What passed and does no longer."""
    helped: int = 0
    """What else failed and passes now."""
    lost: int = 0
    """Parameters that it no longer reads: what fits an example by chance often does not."""
    settled: bool = True
    """False while others are to be compared with it."""
    alike: int = 0
    """Edits that hold, itself among them, and behave as it does, where that was tried."""
    puts_in: bool = False
    """Whether it only puts in the value that the lone example expects."""
    by_chance: bool = False
    """Whether it does, and only others of that kind behave as it does."""

    @property
    def holds(self) -> bool:
        return bool(self.size and self.parses) and not (self.missing or self.wrong or self.broken)

    @property
    def good(self) -> bool:
        return self.holds and self.settled

    @property
    def worth(self) -> tuple[bool, bool, bool, int, int, bool, int, int, int, int]:
        """More is better; of equal ones the first is taken."""
        sound = self.size > 0, self.parses, not self.missing, -len(self.broken), -len(self.wrong)
        fits = not self.by_chance, self.helped, -self.lost
        return *sound, *fits, self.alike, -self.size
