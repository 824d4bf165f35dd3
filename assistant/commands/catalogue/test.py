"""Tests for a function or class that were run: they pass, and each tells some fault from the code.

The model proposes inputs, not expectations. What a docstring's examples say comes first; for the
rest running the code says what it gives (characterisation tests: Feathers 2004, "Working
Effectively with Legacy Code"), and which tests are kept mutants decide (DeMillo, Lipton and
Sayward 1978, "Hints on Test Data Selection").
"""

from __future__ import annotations

import asyncio
import builtins
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from assistant.commands.checking.covering import covering
from assistant.commands.checking.expected import (
    Expected,
    Noted,
    Style,
    apart,
    from_example,
    from_note,
    nodes_of,
)
from assistant.commands.checking.names import import_place
from assistant.commands.checking.placing import habit
from assistant.commands.checking.project import Project, module_of, relative, text_of
from assistant.commands.checking.proposing import Proposer
from assistant.commands.checking.running import source_of
from assistant.commands.checking.subject import Subject, public_names, subject_at
from assistant.commands.checking.trials import Seen, Trials
from assistant.commands.checking.worth_showing import chosen, gains
from assistant.commands.functions import functions
from assistant.commands.links import fenced
from assistant.commands.protocol import Answer, Check, FileEdit, Job, Place
from assistant.commands.testing.framework import framework_of, offered
from assistant.context.reading import decode
from assistant.errors import UsageError

MUTANTS = 24
SECONDS = 0.5
"""For one test: an input that takes longer is none for a unit test."""
MOST = 12
"""Tests that are shown."""


class Test:
    __test__ = False  # not one of pytest's
    name = "test"
    title = "Write tests for this"
    kind = "refactor"

    def offers(self, place: Place) -> bool:
        if place.document.path.suffix == ".py":
            return subject_at(place) is not None
        return offered(place)

    async def run(self, job: Job) -> Answer:
        if job.place.document.path.suffix != ".py":
            framework = framework_of(job.place)
            if framework is None:
                raise UsageError(f"no test framework is known for {job.place.shown_path}")
            return await framework.answer(job)
        subject = subject_at(job.place)
        if subject is None:
            raise UsageError("no function or class of Python stands there: put the cursor on one")
        return await _Work(job, subject).answer()


class _Work:
    """One function or class to be tested."""

    def __init__(self, job: Job, subject: Subject) -> None:
        self.job, self.subject = job, subject
        place = job.place
        project = Project.of(place.root, [*place.open_documents, place.document])
        self.files, self.root = dict(project.files), project.root
        self.path = relative(place.document.path, project.root)
        self.habit = habit(self.files, self.path)
        module, _ = module_of(self.path, self.files)
        self.style = Style(
            module, public_names(subject.text), self.habit.fixtures, self.habit.unittest
        )
        self.name = re.sub(r"\W+", "_", subject.name.split(".")[-1]).strip("_").lower()
        self.scratch = str(PurePosixPath(self.habit.path).with_name("test_assistant_scratch.py"))
        self._inputs = Proposer(job, subject, self.style.importable, self._fixtures())
        self._why = ""
        """Why nothing could be tried."""

    async def answer(self) -> Answer:
        self.job.report("trying its examples")
        if wrong := await asyncio.to_thread(self._wrong):
            return self._looks_wrong(wrong)
        self.job.report("thinking of inputs")
        calls = await self._inputs.calls()
        self.job.report("running them")
        return await asyncio.to_thread(self._tested, calls)

    def _wrong(self) -> list[str]:
        """Examples of the docstring that do not hold."""
        owner = self.subject.top if "." in self.subject.name else ""
        examples = list(self.subject.examples)
        trials = Trials(self.files, self.path, self.job.python, owner, examples)
        seen = trials.run(self.job.run, [self.subject.text])[0]
        if why := seen.fault or seen.results.get("import", ""):
            raise UsageError(f"{self.path} cannot be run here: {why}")
        # A name that only the docstring has, or a busy machine, says nothing about the code.
        unclear = re.compile("NameError|took too long|was not reached")
        return [why for why in seen.failed.values() if not unclear.search(why)]

    def _looks_wrong(self, wrong: Sequence[str]) -> Answer:
        said = "\n".join(f"- {each}" for each in wrong)
        markdown = f"`{self.subject.name}` does not do what its own docstring shows:\n\n{said}\n\n"
        markdown += "No test was written: one that passes would say that this is right. "
        markdown += "Fix the code, or the docstring, first.\n"
        return Answer(markdown, checks=(Check("examples", False, "; ".join(wrong[:3])),))

    def _tested(self, calls: Sequence[str]) -> Answer:
        known = self._known(calls)
        shown = [one for each in self.subject.examples if (one := from_example(each))]
        cases = list(dict.fromkeys([*shown, *known]))
        scratch = self.style.written(cases, self.name)
        mutants = self.subject.mutants(MUTANTS)
        trials = self._trials({self.scratch: scratch}, lines=True, hasty=True, patience=5.0)
        original, *others = trials.run(self.job.run, [self.subject.text, *mutants])
        found = gains(original, others)
        nodes = dict(zip(nodes_of(scratch, self.scratch), cases, strict=True))
        first = [node for node, case in nodes.items() if case.shown]
        rest = [node for node, case in nodes.items() if not case.shown]
        kept = chosen(found, first, rest, MOST)
        killed = {number for node in kept for number in found[node].killed}
        return self._written([nodes[node] for node in kept], len(killed), len(mutants))

    def _known(self, calls: Sequence[str]) -> list[Expected]:
        """What the calls give, each the same in two runs."""
        style = replace(self.style, unittest=False)
        noted = style.written([Noted(call) for call in calls], self.name)
        noted = f"from assistant_note import note\n{noted}"
        files = {self.scratch: noted, "assistant_note.py": source_of("note.py")}
        one, two = self._trials(files).run(self.job.run, [self.subject.text, self.subject.text])
        found = []
        for node, call in zip(nodes_of(noted, self.scratch), calls, strict=True):
            said = one.results.get(node, "")
            if said == two.results.get(node, ""):
                found.append(from_note(call, said, self.path, self.subject.text))
        if calls and not any(found):
            failed = (why for why in one.failed.values() if "noted " not in why)
            self._why = one.fault or next(failed, "").split("\n")[0][:200]
        return [each for each in found if each and self._can_be_written(each)]

    def _fixtures(self) -> list[str]:
        """Those that tests of the subject use, or that are called as what it takes: a small model
        that reads of others passes them all."""
        if self.habit.unittest:
            return []
        texts = [text_of(self.files[path]) for path in self._covering()]
        texts.append(self.subject.source.split(":\n", 1)[0])
        used = {word for text in texts for word in re.findall(r"\w+", text)}
        return [name for name in self.habit.fixtures if name in used]

    def _can_be_written(self, case: Expected) -> bool:
        if case.raises:
            return case.raises in self.style.importable or case.raises in dir(builtins)
        return not (self.habit.unittest and case.close and case.want[:1] in {"[", "("})

    def _trials(self, files: Mapping[str, str], **options: Any) -> Trials:
        tests = [path for path in files if path != "assistant_note.py"]
        plugins = bool(self.habit.fixtures)
        quick = {"tests": tests, "plugins": plugins, "seconds": SECONDS, "patience": 12.0}
        return Trials({**self.files, **files}, self.path, self.job.python, **{**quick, **options})

    def _written(self, cases: list[Expected], killed: int, mutants: int) -> Answer:
        place, path = self.job.place, self.habit.path
        known = self.files.get(path, b"")
        existing = known if isinstance(known, str) else decode(known)
        whole = self.style.written(cases, self.name, existing)
        nodes = nodes_of(whole, path)[-len(cases) :] if cases else []
        others = [each for each in self._covering() if each != path]
        trials = self._trials({path: whole}, lines=True)
        trials = replace(trials, tests=[path, *others], plugins=True, seconds=2.0, patience=30.0)
        seen = trials.run(self.job.run, [self.subject.text])[0]
        if failed := [node for node in nodes if node not in seen.passed]:
            # Alone they passed: what the project brings makes them fail.
            if len(failed) < len(nodes):
                left = [case for node, case in zip(nodes, cases, strict=True) if node not in failed]
                return self._written(left, killed, mutants)
            cases = []
        if not cases:
            said = "No test was found that passes and tells a fault from the code"
            said += f": {self._why}.\n" if self._why else ".\n"
            check = Check("tests", False, self._why or "none is worth showing")
            return Answer(said, checks=(check,), attempts=self._inputs.attempts)
        imports, tests = self.style.additions(cases, self.name, existing)
        file = self.root / path if self.root else place.document.path.with_name(Path(path).name)
        if existing.strip():
            at, end = import_place(existing), len(existing)
            edits = [FileEdit(file, at, at, imports)] if imports else []
            edits.append(FileEdit(file, end, end, apart(existing) + tests))
        else:
            edits = [FileEdit(file, 0, len(existing), whole)]
        checks = tuple(self._checks(cases, seen, nodes, (killed, mutants)))
        said = self._said(cases, imports, tests)
        texts = {file: existing if path in self.files else None}
        return Answer(said, tuple(edits), checks, self._inputs.attempts, texts)

    def _covering(self) -> list[str]:
        found = functions(self.job.place.document)
        one = next((each for each in found if self.subject.top in {each.name, each.owner}), None)
        return covering(self.files, one) if one else []

    def _checks(
        self, cases: Sequence[Expected], seen: Seen, own: Sequence[str], mutants: tuple[int, int]
    ) -> list[Check]:
        lines = self.subject.statements
        before = {n for node, found in seen.lines.items() if node not in own for n in found}
        now = before | {n for node in own for n in seen.lines.get(node, ())}
        reached, was = len(now & lines), len(before & lines)
        return [
            Check("tests", True, f"{len(cases)} pass, and each fails on some fault put in"),
            Check("coverage", True, f"{reached} of {len(lines)} lines are reached, before {was}"),
            Check("mutants", True, f"{mutants[0]} of {mutants[1]} faults put in are found"),
        ]

    def _said(self, cases: Sequence[Expected], imports: str, tests: str) -> str:
        shown = f"{imports}\n\n{tests}" if imports else tests
        markdown = f"In {self.habit.path}:\n\n" + fenced(shown, "python")
        if found := sum(not case.shown for case in cases):
            markdown += f"\nOf {found} of {len(cases)} tests the expected values are what the code "
            markdown += "gives today: its docstring does not say. Look at whether they are right.\n"
        return markdown


COMMAND = Test()
