"""An answer of the model as a candidate: what a look at it shows, and the imports that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from assistant.commands import surroundings
from assistant.commands.checking.importing import Importing
from assistant.commands.checking.names import import_edit, undefined
from assistant.commands.checking.plain import is_placeholder, unused
from assistant.commands.checking.project import relative
from assistant.commands.edits import applied
from assistant.commands.functions import Function, functions
from assistant.commands.implementing.candidate import Candidate
from assistant.commands.implementing.evidence import Evidence
from assistant.commands.implementing.gap import Gap
from assistant.commands.protocol import Job
from assistant.types import Document


class Reader:
    """Of answers for one gap."""

    def __init__(self, job: Job, gap: Gap, evidence: Evidence) -> None:
        self.job, self.gap, self.evidence = job, gap, evidence
        self.path = job.place.document.path
        path = relative(self.path, job.place.root)
        self.importing = Importing(job, evidence.trials.files, path)
        self._faults: dict[str, str] = {}
        """Why whole files cannot be imported; empty for those that can."""

    def read(self, code: str) -> Candidate:
        gap = self.gap
        body = gap.fit(code)
        whole = gap.filled(body)
        parses = bool(body.strip()) and surroundings.parses(whole, gap.text, gap.language)
        found = Candidate(body, whole, parses)
        if gap.language.name != "python" or not found.parses:
            return found
        shown = surroundings.dedented(gap.shown(body).strip("\n"))
        found = replace(found, placeholder=is_placeholder(shown), unused=unused(shown))
        names = self._missing(whole)
        if names is None:
            return replace(found, hidden=True)
        brought = self.importing.resolved(names)
        lines = (*brought.imports, *brought.own)
        text = self._with(body, lines)
        found = replace(found, text=text, missing=brought.missing, imports=lines)
        return replace(found, own=brought.own, places=brought.places)

    def _with(self, body: str, lines: Sequence[str]) -> str:
        whole = self.gap.filled(body)
        return applied(whole, [import_edit(self.path, whole, lines)]) if lines else whole

    def _missing(self, whole: str) -> tuple[str, ...] | None:
        """Names of the body that nothing defines; those of the rest of the file are not its. None
        where nobody can say."""
        if (now := undefined(whole)) is None:
            return None
        return tuple(dict.fromkeys(each.name for each in now if each.name not in self._before))

    @cached_property
    def _before(self) -> set[str]:
        return {each.name for each in undefined(self.gap.text) or ()}

    def importable(self, found: Sequence[Candidate]) -> list[Candidate]:
        """With imports of the project inside the function where the head cannot have them, since
        two modules would import each other. Raises UsageError where the sandbox refuses."""
        unsure = [each for each in found if each.own and not each.inside and each.usable]
        fresh = [each for each in unsure if each.text not in self._faults]
        if fresh and not self.evidence.untried:
            others = [self._with(each.body, _rest(each)) for each in fresh]
            pairs = [(other, each.text) for other, each in zip(others, fresh, strict=True)]
            faults = self.evidence.trials.import_faults(self.job.run, pairs)
            self._faults.update(zip((each.text for each in fresh), faults, strict=True))
        return [self._inside(each) if self._faults.get(each.text) else each for each in found]

    def _inside(self, found: Candidate) -> Candidate:
        body = self._begun_with(found.body, found.own)
        text = self._with(body, _rest(found))
        return replace(found, body=body, text=text, imports=_rest(found), inside=True)

    def _begun_with(self, body: str, lines: Sequence[str]) -> str:
        """``body`` with ``lines`` before its first statement."""
        made = made_function(self.gap, body, self.gap.filled(body))
        at = made.body - self.gap.start if made else 0
        rest = body[at:]
        first = next((line for line in rest.split("\n")[1:] if line.strip()), "")
        if not first:  # one line: what stands behind the colon gets a line of its own
            head = (self.gap.text[: self.gap.start] + body[:at]).rsplit("\n", 1)[-1]
            indent = head[: len(head) - len(head.lstrip())] + "    "
            return body[:at] + "".join(f"\n{indent}{line}" for line in (*lines, rest.strip()))
        indent = first[: len(first) - len(first.lstrip())]
        return body[:at] + "".join(f"\n{indent}{line}" for line in lines) + rest


def made_function(gap: Gap, body: str, text: str) -> Function | None:
    """The new function that ``body`` is, in the whole file ``text``; None where it only is the
    body of one that there was."""
    if gap.function is not None:
        return None
    document = Document(Path("file.py"), text, gap.language.name)
    return next((each for each in functions(document) if each.source.strip() == body.strip()), None)


def _rest(found: Candidate) -> tuple[str, ...]:
    """Its imports of the standard library."""
    return tuple(line for line in found.imports if line not in found.own)
