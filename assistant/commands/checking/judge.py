"""Trying an edit of a function against what is wrong with it."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Sequence
from dataclasses import replace

from assistant.commands import surroundings
from assistant.commands.checking.agreement import behaviours
from assistant.commands.checking.chance import expected, only_puts_in
from assistant.commands.checking.importing import Importing
from assistant.commands.checking.names import import_edit, undefined
from assistant.commands.checking.plain import unused
from assistant.commands.checking.project import text_of
from assistant.commands.checking.repair import Repair
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


class Judge:
    """Of edits of one function."""

    def __init__(self, job: Job, function: Function, seen: Symptoms) -> None:
        self.job, self.function, self.seen = job, function, seen
        self.text = job.place.document.text
        examples, files = seen.trials.examples, seen.trials.files
        self.importing = Importing(job, files, seen.trials.path)
        self._wanted = expected(seen.failing, examples, files) if seen.thin else []
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
        held.sort(key=lambda body: (self._puts_in(body), edit_size(function.written, body)))
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
        held = [each for each in found if each.holds]
        did = self._behaviours(list(dict.fromkeys(each.text for each in held)))
        sound = {did[each.text] for each in held if not each.puts_in} - {()}
        lone = {each.text for each in held if each.puts_in and did[each.text] not in sound}
        tried = any(did.values())
        alike = {
            # The same text twice agrees with itself.
            text: sum(did[o.text] == own if tried else o.text == text for o in held)
            if own or not tried
            else 0
            for text, own in did.items()
        }
        votes = [alike[each.text] for each in held if each.text not in lone]
        most = max(votes, default=0)
        agreed = 2 * most > len(votes) > 1 or (len(votes) == 1 and not self.seen.thin)
        return [
            replace(
                each,
                settled=last or agreed,
                alike=alike.get(each.text, 0),
                by_chance=each.text in lone,
            )
            for each in found
        ]

    def _behaviours(self, texts: list[str]) -> dict[str, tuple[str, ...]]:
        """What each of ``texts`` does, as far as that tells them apart."""
        if len(texts) > 1:
            trials = self.seen.trials
            shown = [*(each.source for each in trials.examples), *self._tests()]
            with contextlib.suppress(UsageError):  # nothing is run here
                seen = behaviours(self.job, trials, self.function, texts, shown=shown)
                return dict(zip(texts, seen, strict=True))
        return dict.fromkeys(texts, ())

    def _tests(self) -> list[str]:
        """The texts of the tests that concern it."""
        trials = self.seen.trials
        paths = dict.fromkeys(test.split("::")[0] for test in trials.tests)
        return [text_of(trials.files.get(path, "")) for path in paths]

    def _puts_in(self, body: str) -> bool:
        return bool(self._wanted) and only_puts_in(self.text, self._whole(body), self._wanted)

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
        brought = self.importing.resolved(names)
        missing, imports = brought.missing, (*brought.imports, *brought.own)
        if imports:
            whole = applied(whole, [import_edit(self.job.place.document.path, whole, imports)])
            size += len(imports)
        elif size and _same(whole, text):
            size = 0  # comments and spaces mend nothing
        lost = len({*self._unused(body)} - {*self._unused(function.written)})
        return Repair(
            body,
            whole,
            size,
            True,
            missing,
            imports,
            hidden=hidden,
            lost=lost,
            puts_in=self._puts_in(body),
            own=bool(brought.own),
            places=brought.places,
        )

    def tried(self, found: Sequence[Repair]) -> list[Repair]:
        """With what they do; those that have not been tried yet are, all in one run."""
        if self.function.language.name != "python":
            return list(found)
        able = [each for each in found if each.parses and not each.missing]
        fresh = list(dict.fromkeys(each.text for each in able if each.text not in self._done))
        trials = replace(self.seen.trials, most=max(MOST_SECONDS, EACH * len(fresh)))
        self._done.update(zip(fresh, trials.run(self.job.run, fresh), strict=True))
        bringing = [each for each in able if each.own and each.text in fresh]
        if bringing:
            # Two modules that import each other: what imports the other one first fails.
            pairs = [(self._whole(each.body), each.text) for each in bringing]
            faults = trials.import_faults(self.job.run, pairs)
            both = zip(bringing, faults, strict=True)
            self._done |= {one.text: Seen(fault=why) for one, why in both if why}
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
