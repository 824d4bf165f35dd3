"""Which of many tests are worth showing: those that tell a fault from the code, each another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.commands.checking.trials import Seen


@dataclass(frozen=True, slots=True)
class Gain:
    """What one test does: the mutants (by number) that it fails on, the lines that it reaches."""

    killed: frozenset[int]
    lines: frozenset[int]


def gains(original: Seen, mutants: Sequence[Seen]) -> dict[str, Gain]:
    """Of the tests that pass on the unchanged file, by node. A mutant on which a test was not
    reached in time counts for nothing."""
    found = {}
    for node in original.passed:
        fallen = (number for number, seen in enumerate(mutants) if seen.results.get(node))
        found[node] = Gain(frozenset(fallen), original.lines.get(node, frozenset()))
    return found


def chosen(
    found: Mapping[str, Gain], first: Sequence[str], others: Sequence[str], most: int
) -> list[str]:
    """At most ``most`` tests: of ``first`` all that are no duplicate, then of ``others`` whichever
    adds most. One that no mutant fails, or that does what another one does, is left out."""
    kept: list[str] = []
    for node in first:
        gain = found.get(node)
        if gain and gain.killed and all(found[other] != gain for other in kept):
            kept.append(node)
    kept = kept[:most]
    killed = {number for node in kept for number in found[node].killed}
    lines = {line for node in kept for line in found[node].lines}
    left = [node for node in others if node in found and found[node].killed]
    while left and len(kept) < most:
        gained = [(len(found[n].killed - killed), len(found[n].lines - lines)) for n in left]
        best = left[gained.index(max(gained))]
        if found[best].killed <= killed and found[best].lines <= lines:
            break
        kept.append(best)
        left.remove(best)
        killed |= found[best].killed
        lines |= found[best].lines
    return kept
