"""What a test framework is to ``test`` and ``usage``, and where frameworks are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from assistant.commands.checking.trials import Seen
from assistant.commands.protocol import Answer, Job, Place
from assistant.commands.testing.case import Case, Target
from assistant.registry import Registry

Files = Mapping[str, bytes | str]
"""A project's, by path relative to its folder."""


class Framework(Protocol):
    """A plug-in: a module of :mod:`assistant.commands.testing.frameworks` defines it as
    ``FRAMEWORK``. Of those that fit, the one with the highest ``rank`` is taken."""

    @property
    def name(self) -> str: ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Of the files that it tests, with the dot."""
        ...

    @property
    def rank(self) -> int: ...

    def offers(self, place: Place) -> bool:
        """Whether something that can be tested stands there; asked at every move of the cursor."""
        ...

    def fits(self, place: Place) -> bool:
        """Whether the project uses it, and it can be run."""
        ...

    async def answer(self, job: Job) -> Answer:
        """Tests for what stands at the job's place. Raises UsageError, EngineError."""
        ...

    async def bench(self, job: Job) -> tuple[Bench, Files]:
        """What stands at the job's place, so that calls of it can be tried, and the project's
        files. The language's runtime is all that it takes: the framework need not be installed.
        Raises UsageError where nothing can be called or nothing can run it."""
        ...


@cache
def frameworks() -> Registry[Framework]:
    return Registry("assistant.commands.testing.frameworks", "FRAMEWORK")


def offered(place: Place) -> bool:
    """Whether something stands there that a framework could test, whichever it is."""
    suffix = place.document.path.suffix
    found = next((each for each in frameworks() if suffix in each.suffixes), None)
    return found is not None and found.offers(place)


def framework_of(place: Place) -> Framework | None:
    """The one for a place's file; None for a language that has none."""
    suffix = place.document.path.suffix
    of_language = [each for each in frameworks() if suffix in each.suffixes]
    fitting = (each for each in of_language if each.fits(place))
    return max(fitting, key=lambda each: each.rank, default=None)


def bench_for(place: Place) -> Framework | None:
    """One that puts a place's file on its bench, whether the project uses it or not; None for a
    language that has none."""
    suffix = place.document.path.suffix
    return framework_of(place) or next((f for f in frameworks() if suffix in f.suffixes), None)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a test file did as its framework runs it: for each case (in their order) an empty text
    or why not; ``lines`` are those of the tested file that were reached; ``fault`` says why
    nothing ran."""

    results: Sequence[str] = ()
    lines: frozenset[int] = frozenset()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Probed:
    """``names`` can be used in calls; ``failed`` says of each example (in their order) why it does
    not hold, or nothing."""

    names: Sequence[str] = ()
    failed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Addition:
    """Text that comes into the test file: ``imports`` at ``at``, ``tests`` at ``end``; offsets
    into the file as it is."""

    imports: str
    tests: str
    at: int = 0
    end: int = 0

    def applied(self, existing: str) -> str:
        """The whole file."""
        head, body, tail = (
            existing[: self.at],
            existing[self.at : self.end],
            existing[self.end :],
        )
        return f"{head}{self.imports}{body}{self.tests}{tail}"


class Bench(Protocol):
    """One function or class on the bench: how it is tried and how its tests are written. Methods
    that run something raise UsageError where the sandbox refuses or the file cannot be run."""

    @property
    def target(self) -> Target: ...

    @property
    def path(self) -> str:
        """Of the test file, relative to the project, there already or not."""
        ...

    @property
    def fence(self) -> str:
        """The language's name in Markdown."""
        ...

    @property
    def examples(self) -> Sequence[Case]:
        """Those that comments show."""
        ...

    @property
    def statements(self) -> frozenset[int]:
        """Lines (1-based) on which a statement of the target begins."""
        ...

    @property
    def note(self) -> str:
        """Something to say of the framework, in a sentence; or nothing."""
        ...

    def probe(self) -> Probed:
        """Load the file and try its examples."""
        ...

    def calls(self, text: str, names: Sequence[str]) -> list[str]:
        """Those of the target that ``text`` shows."""
        ...

    def typed(self) -> Sequence[str]:
        """Calls made up from what parameters are declared to take; none where nothing is."""
        ...

    def neighbours(self, calls: Sequence[str], most: int) -> list[str]:
        """Calls with one value changed."""
        ...

    def noted(self, calls: Sequence[str]) -> list[Case]:
        """What calls give, those that give the same in two runs."""
        ...

    def judged(self, cases: Sequence[Case], mutants: Sequence[str]) -> tuple[Seen, list[Seen], int]:
        """The original and the mutants (texts of the file) under ``cases``, whose results have
        the names "0", "1" and so on; how many of the mutants could be run."""
        ...

    def added(self, cases: Sequence[Case], existing: str) -> Addition:
        """How ``cases`` are written as tests, one each, in the file ``existing``."""
        ...

    def ran(self, cases: Sequence[Case], whole: str) -> Ran:
        """Run the test file whose text is ``whole``."""
        ...
