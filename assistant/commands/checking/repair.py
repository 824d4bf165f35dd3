"""Trying an edit of a function against what is wrong with it."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.commands import surroundings
from assistant.commands.checking.agreement import groups
from assistant.commands.checking.names import import_edit, resolved, undefined
from assistant.commands.checking.plain import unused
from assistant.commands.checking.small_edits import small_edits
from assistant.commands.checking.symptoms import Symptoms, edit_size
from assistant.commands.checking.trials import MOST_SECONDS, Seen
from assistant.commands.edits import applied
from assistant.commands.functions import Function
from assistant.commands.protocol import Job
from assistant.errors import UsageError

JUDGED = 6
"""Small edits that hold at a first look and are tried in full."""
EACH = 30.0
"""Seconds of CPU time for trying one edit in full."""


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

    @property
    def holds(self) -> bool:
        return bool(self.size and self.parses) and not (self.missing or self.wrong or self.broken)

    @property
    def good(self) -> bool:
        return self.holds and self.settled

    @property
    def worth(self) -> tuple[bool, bool, bool, int, int, int, int, int, int]:
        """More is better; of equal ones the first is taken."""
        sound = self.size > 0, self.parses, not self.missing, -len(self.broken), -len(self.wrong)
        return *sound, self.helped, -self.lost, self.alike, -self.size


class Judge:
    """Of edits of one function."""

    def __init__(self, job: Job, function: Function, seen: Symptoms) -> None:
        self.job, self.function, self.seen = job, function, seen
        self.text = job.place.document.text
        self._done: dict[str, Seen] = {}
        """What whole files did."""

    def _whole(self, body: str) -> str:
        text = self.text
        return text[: self.function.body] + body + text[self.function.end :]

    def without_model(self) -> list[Repair]:
        """What mends it without the model, the best first: an import that is missing, or one small
        edit."""
        function, text = self.function, self.text
        (same,) = self.tried([self.read(function.written)])
        if same.holds:
            return [same]
        bodies = small_edits(text, function.body, function.end)
        versions = [self._whole(body) for body in bodies]
        trials = self.seen.narrow()
        seen = trials.run(self.job.run, versions) if self.seen.failing else []
        held = [
            body
            for body, one in zip(bodies, seen, strict=False)
            if one.results and not one.fault and not one.failed
        ]
        held.sort(key=lambda body: edit_size(function.written, body))
        judged = self.tried([self.read(body) for body in held[:JUDGED]])
        return sorted((each for each in judged if each.holds), key=lambda each: each.worth)[::-1]

    def compared(self, found: list[Repair]) -> list[Repair]:
        """Tried, with how many of those that hold behave like each. It is settled when there are to
        be no more, when several hold and most of them agree, or when more than a lone example
        vouches for the only one."""
        found = self.tried(found)
        if not self.seen.failing:
            return found
        last = len(found) >= self.job.options.candidates
        texts = [each.text for each in found if each.holds]
        alike = [1] * len(texts)
        if len(set(texts)) > 1:
            with contextlib.suppress(UsageError):  # nothing is run here
                alike = groups(self.job, self.seen.trials, self.function, texts)
        most = max(alike, default=0)
        agreed = 2 * most > len(texts) > 1 or (len(texts) == 1 and not self.seen.thin)
        known = dict(zip(texts, alike, strict=True))
        return [
            replace(each, settled=last or agreed, alike=known.get(each.text, 0)) for each in found
        ]

    def read(self, body: str) -> Repair:
        """What a look at it shows."""
        function, text = self.function, self.text
        whole = self._whole(body)
        size = edit_size(function.written, body)
        if not surroundings.parses(whole, text, function.language):
            return Repair(body, whole, size, parses=False)
        if self.function.language.name != "python":
            return Repair(body, whole, size)
        first = whole.count("\n", 0, function.start)
        last = whole.count("\n", 0, function.body + len(body))
        lacking = undefined(whole)
        hidden = lacking is None
        names = [each.name for each in lacking or () if first <= each.line <= last]
        missing, imports = resolved(names)
        if imports:
            whole = applied(whole, [import_edit(self.job.place.document.path, whole, imports)])
            size += len(imports)
        elif size and _same(whole, text):
            size = 0  # comments and spaces mend nothing
        lost = len({*self._unused(body)} - {*self._unused(function.written)})
        return Repair(body, whole, size, True, missing, imports, hidden, lost=lost)

    def tried(self, found: Sequence[Repair]) -> list[Repair]:
        """With what they do; those that have not been tried yet are, all in one run."""
        if self.function.language.name != "python":
            return list(found)
        able = [each for each in found if each.parses and not each.missing]
        fresh = list(dict.fromkeys(each.text for each in able if each.text not in self._done))
        trials = replace(self.seen.trials, most=max(MOST_SECONDS, EACH * len(fresh)))
        self._done.update(zip(fresh, trials.run(self.job.run, fresh), strict=True))
        return [self._with(each, self._done[each.text]) if each in able else each for each in found]

    def _with(self, one: Repair, seen: Seen) -> Repair:
        wrong, broken = self.seen.after(seen, one.text)
        helped = self.seen.helped(seen)
        return replace(one, wrong=tuple(wrong), broken=tuple(broken), helped=helped)

    def _unused(self, body: str) -> tuple[str, ...]:
        return unused(surroundings.dedented(self.function.opening + body))


def _same(one: str, other: str) -> bool:
    """Whether two files mean the same to Python."""
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
