"""What can tell whether a function does what it should: examples that are shown, and the tests of
the project that reach it.

Which tests those are is seen by running the file as it is, and once more with a body that only
raises: a test that goes through the function, or ends otherwise then, concerns it. The others fail
or pass for reasons that no body changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.commands import surroundings
from assistant.commands.checking.covering import covering, is_test
from assistant.commands.checking.examples import examples
from assistant.commands.checking.lacking import is_lacking
from assistant.commands.checking.project import Project, module_of, relative, text_of
from assistant.commands.checking.running import TooBusy
from assistant.commands.checking.trials import IMPORT, Seen, Trials
from assistant.commands.functions import Function, functions
from assistant.commands.implementing.gap import Gap
from assistant.commands.protocol import Job
from assistant.errors import UsageError
from assistant.types import Document

PATIENCE = 10.0
"""Seconds of CPU time for the examples, or the tests, of one answer."""
MARK = "this body is not written yet"
_LINE = 400
"""Characters of why a test fails."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an answer did. ``examples`` and ``tests`` hold an empty text or why not, ``broken`` the
    tests that passed before and fail; ``fault`` says why nothing could be tried,
    ``untried`` the same where no answer could change that."""

    examples: tuple[str, ...] = ()
    tests: Mapping[str, str] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    fault: str = ""
    untried: str = ""

    @property
    def failures(self) -> list[str]:
        """A line each."""
        shown = dict.fromkeys(why for why in self.examples if why)
        return [*shown, *(f"{_name(test)}: {why}" for test, why in self.tests.items() if why)]

    @property
    def share(self) -> float:
        """Of all that was tried, what holds."""
        total = len(self.examples) + len(self.tests)
        held = [*self.examples, *self.tests.values()].count("")
        return held / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """``tests`` are pytest's names of those that concern the function, ``held`` those of them
    that pass as it is. ``others`` are the tests of the same files that fail for other reasons.
    ``untried`` says why nothing can be run."""

    trials: Trials
    tests: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()
    others: Mapping[str, str] = field(default_factory=dict)
    untried: str = ""

    @property
    def speaks(self) -> bool:
        return bool(self.trials.examples or self.tests)

    @property
    def is_lone(self) -> bool:
        """Whether one example or one test is all there is."""
        return len(self.trials.examples) + len(self.tests) == 1

    def judge(self, job: Job, versions: Sequence[str]) -> list[Verdict]:
        """Of whole files, in one run. Raises UsageError where the sandbox refuses."""
        try:
            return [self._verdict(seen) for seen in self.trials.run(job.run, versions)]
        except TooBusy as busy:
            return [Verdict(untried=str(busy)) for _ in versions]

    def _verdict(self, seen: Seen) -> Verdict:
        alone = seen.results.get(IMPORT, "") if not self.tests else ""
        if fault := seen.fault or alone:
            return Verdict(untried=fault) if is_lacking(fault) else Verdict(fault=fault)
        shown = [f"example {number + 1}" for number in range(len(self.trials.examples))]
        tests = {test: _result(seen, test)[:_LINE] for test in self.tests}
        broken = tuple(test for test in self.tests if test in self.held and tests[test])
        return Verdict(tuple(seen.results.get(each, "") for each in shown), tests, broken)

    def sources(self) -> str:
        """The code of the tests that do not pass yet."""
        wanted = [test for test in self.tests if test not in self.held and "::" in test]
        parts: dict[str, None] = {}
        for test in wanted:
            path, *names = test.split("[")[0].split("::")
            text = text_of(self.trials.files.get(path, ""))
            for found in functions(Document(Path(path), text, "python")):
                if found.qualified == ".".join(names):
                    parts[surroundings.dedented(found.source)] = None
        return "\n\n".join(parts)


def evidence(job: Job, gap: Gap) -> Evidence:
    """What there is for the function of ``gap``; it runs the tests that may concern it. Raises
    UsageError where the sandbox refuses."""
    document, function = job.place.document, gap.function
    path = relative(document.path, job.place.root)
    if gap.language.name != "python":
        return Evidence(Trials({}, path, job.python))
    project = Project.of(job.place.root, [*job.place.open_documents, document])
    files = project.with_text(document.path, gap.text)
    trials = Trials(files, path, job.python, patience=PATIENCE)
    try:
        module_of(path, files)
    except UsageError as error:
        return Evidence(trials, untried=str(error))
    if function is None:
        shown = examples(gap.promise, gap.name) if gap.name else []
        return Evidence(replace(trials, examples=shown))
    shown = [*examples(function.doc, function.name), *examples(gap.promise, function.name)]
    trials = replace(trials, owner=function.owner, examples=shown)
    tests = [] if is_test(path) else covering(files, function)
    return _with_tests(job, Evidence(trials), function, tests) if tests else Evidence(trials)


def _with_tests(job: Job, found: Evidence, function: Function, tests: Sequence[str]) -> Evidence:
    job.report("running the tests as they are")
    text = function.text
    empty = f"\n{function.indent}raise NotImplementedError({MARK!r})"
    raising = text[: function.body] + empty + text[function.end :]
    as_it_is = text if surroundings.parses(text, "", function.language) else raising
    trials = replace(found.trials, examples=(), tests=tests, lines=True)
    try:
        before, without = trials.run(job.run, [as_it_is, raising])
    except TooBusy as busy:
        return replace(found, untried=str(busy))
    if before.fault or without.fault:
        return replace(found, untried=before.fault or without.fault)
    first, last = text.count("\n", 0, function.start), text.count("\n", 0, function.end)
    # The body may have become a line longer.
    body = range(first + 1, last + 3 if as_it_is is raising else last + 2)
    concerned = [
        test
        for test, why in before.results.items()
        if why != without.results.get(test)
        or MARK in why
        or any(line in body for line in before.lines.get(test, ()))
    ]
    others = {t: why for t, why in before.failed.items() if t not in concerned}
    return replace(
        found,
        trials=replace(found.trials, tests=concerned),
        tests=tuple(concerned),
        held=frozenset(test for test in before.passed if test in concerned),
        others=others,
    )


def _result(seen: Seen, test: str) -> str:
    # A file that could not be read as tests is no test once it can.
    return seen.results.get(test, "it was not reached" if "::" in test else "")


def _name(test: str) -> str:
    return test.rsplit("::", 1)[-1]
