"""What trials of a Java file gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """What one call gave: ``literal`` is an expression for it (empty where there is none) and
    ``kind`` says of which sort, as ``Literal.kind`` does; or ``raises`` names an exception as its
    package writes it (``?`` where it cannot), ``kinds`` it and what it extends. ``imports`` are
    types that these name. ``thrower`` is the class that threw, ``place`` the first line of the
    project's code that it came through, as (class, line). ``checked``: the call's caller has to
    say that it may throw. ``ends``: it took too long, or ended the program."""

    literal: str = ""
    kind: str = ""
    raises: str = ""
    kinds: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    thrower: str = ""
    place: tuple[str, int] = ("", 0)
    checked: bool = False
    ends: bool = False
    lines: frozenset[int] = field(default=frozenset(), compare=False)

    @property
    def result(self) -> tuple[str, str, bool]:
        """What two runs have in common."""
        return self.literal, self.raises, self.ends

    @classmethod
    def of(cls, one: Mapping[str, Any] | None, mode: str) -> Said | None:
        """Out of the driver's report; ``mode`` is how the call was compiled."""
        if one is None:
            return None
        return cls(
            one.get("literal") or "",
            one.get("kind") or "",
            # One that no test can name is still another result than a value.
            (one["raises"] or "?") if "raises" in one else "",
            tuple(one.get("kinds", ())),
            tuple(one.get("imports", ())),
            one.get("thrower", ""),
            (str(one.get("class", "")), int(one.get("line", 0))),
            mode.endswith("checked"),
            "hangs" in one or "exits" in one,
            frozenset(one.get("lines", ())),
        )


@dataclass(frozen=True, slots=True)
class Tried:
    """``rows`` are what each version did, by call: None for a version that does not compile, or
    for a call that does not, or was not reached. ``names`` are the types that calls name and
    that imports of whole packages brought, by their simple names."""

    rows: Sequence[Sequence[Said | None] | None]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tested:
    """What tests did: for each method an empty text or why not. ``wrong`` are the lines (0 for
    those of another file) on which it does not compile, with why."""

    results: Mapping[str, str] = field(default_factory=dict)
    lines: frozenset[int] = frozenset()
    wrong: Sequence[tuple[int, str]] = ()
