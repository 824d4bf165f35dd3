"""Trying an edit of a function against what is wrong with it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from assistant.commands import surroundings
from assistant.commands.checking.names import import_edit, resolved, undefined
from assistant.commands.checking.small_edits import small_edits
from assistant.commands.checking.symptoms import Symptoms, edit_size
from assistant.commands.edits import applied
from assistant.commands.functions import Function
from assistant.commands.protocol import Job

JUDGED = 6
"""Small edits that hold at a first look and are tried in full."""


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

    @property
    def good(self) -> bool:
        return bool(self.size and self.parses) and not (self.missing or self.wrong or self.broken)

    @property
    def worth(self) -> tuple[bool, bool, bool, int, int, int]:
        known, left = not self.missing, -len(self.wrong)
        return self.size > 0, self.parses, known, -len(self.broken), left, -self.size


class Judge:
    """Of edits of one function."""

    def __init__(self, job: Job, function: Function, seen: Symptoms) -> None:
        self.job, self.function, self.seen = job, function, seen
        self.text = job.place.document.text

    def _whole(self, body: str) -> str:
        text = self.text
        return text[: self.function.body] + body + text[self.function.end :]

    def without_model(self) -> Repair | None:
        """What can be mended without the model: an import that is missing, or one small edit."""
        function, text = self.function, self.text
        same = self.judged(function.written)
        if same.good:
            return same
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
        judged = [self.judged(body) for body in held[:JUDGED]]
        return max((one for one in judged if one.good), key=lambda one: one.worth, default=None)

    def judged(self, body: str) -> Repair:
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
        if missing:
            return Repair(body, whole, size, True, missing, imports, hidden)
        seen = self.seen.trials.run(self.job.run, [whole])[0]
        wrong, broken = self.seen.after(seen, whole)
        return Repair(body, whole, size, True, (), imports, hidden, tuple(wrong), tuple(broken))


def _same(one: str, other: str) -> bool:
    """Whether two files mean the same to Python."""
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
