"""What is wrong with a function, as far as it shows: what fails when it is tried, and what was said
about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from assistant.commands.checking.covering import as_test, covering, is_test, named, script
from assistant.commands.checking.examples import examples
from assistant.commands.checking.lacking import is_lacking
from assistant.commands.checking.linting import faults
from assistant.commands.checking.project import Project, module_of, relative
from assistant.commands.checking.trials import IMPORT, SCRIPT, Seen, Trials
from assistant.commands.functions import Function
from assistant.commands.protocol import Job
from assistant.errors import UsageError

GIVEN = "test_given_by_user.py"
"""The file that holds a failing test which came as code; no edit is ever made of it."""
_LONGEST = 1_500
"""Characters of a traceback or a test's output that a model is shown; the last ones say most."""

_LINE = 400
"""Characters of one thing that was seen."""


@dataclass(frozen=True, slots=True)
class Symptoms:
    """``before`` is what the unchanged file does; ``untried`` says why nothing could be run.
    ``complaints`` are the linter's about the file, ``meant`` those that the user's diagnostic
    is about; ``named`` are the tests that the user's words name, as pytest does. ``body`` are the
    lines (1-based) of the function's body."""

    trials: Trials
    before: Seen = field(default_factory=Seen)
    untried: str = ""
    complaints: Counter[str] = field(default_factory=Counter)
    meant: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    body: range = range(0)
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def failing(self) -> dict[str, str]:
        """What is to pass: of the tests, where the user names some that fail, those alone; of
        these, where some reach the function, those alone."""
        failed = self.before.failed
        meant = {node: why for node, why in failed.items() if self._is_named(node)} or failed
        return {node: why for node, why in meant.items() if self._reaches(node)} or meant

    @property
    def left(self) -> int:
        """Tests that fail and are named, but do not reach the function."""
        return sum(self._is_named(node) for node in self.before.failed) - len(self.failing)

    def _reaches(self, node: str) -> bool:
        is_test = "::" in node
        return not is_test or any(line in self.body for line in self.before.lines.get(node, ()))

    def _is_named(self, node: str) -> bool:
        return any(
            node == each or node.startswith((f"{each}[", f"{each}::")) for each in self.named
        )

    @property
    def shows(self) -> bool:
        """Whether it can be seen going away."""
        return bool(self.failing or self.meant)

    @property
    def evidence(self) -> list[str]:
        """What was seen, a line each."""
        return list(dict.fromkeys(each[:_LINE] for each in [*self.failing.values(), *self.meant]))

    @property
    def held(self) -> list[str]:
        """Examples and tests that pass as it is; that it can be imported is none."""
        return [name for name in self.before.passed if name != IMPORT]

    @property
    def thin(self) -> bool:
        """Whether a lone example or test vouches for an edit: it may hold by chance."""
        return len(self.failing) + len(self.held) <= 1

    def helped(self, seen: Seen) -> int:
        """What else failed and does no longer, though nobody asked for it."""
        others = self.before.failed.keys() - self.failing.keys()
        return sum(not seen.results.get(name, "gone") for name in others)

    def after(self, seen: Seen, text: str) -> tuple[list[str], list[str]]:
        """What still is wrong with ``text``, and what it broke, a line each."""
        if seen.fault:
            return [seen.fault], []
        wrong = [seen.results.get(name, f"{name} is gone") for name in self.failing]
        broken = [seen.results.get(name, f"{name} is gone") for name in self.before.passed]
        now = complaints(text)
        wrong += [said for said in self.meant if now[said] >= self.complaints[said]]
        return [each for each in wrong if each], [each for each in broken if each]

    def narrow(self) -> Trials:
        """Enough to see quickly whether what fails has gone."""
        tests = [name for name in self.failing if name.split("::")[0].endswith(".py")]
        shown = any(name.startswith("example ") for name in self.failing)
        return replace(
            self.trials,
            examples=self.trials.examples if shown or not tests else (),
            tests=tests,
            script=self.trials.script if SCRIPT in self.failing else "",
            seconds=1.0,
            patience=1.5 if not (tests or SCRIPT in self.failing) else 4.0,
            most=45.0,
        )


def symptoms(job: Job, function: Function) -> Symptoms:
    """Try the file as it is. Raises UsageError where the sandbox refuses."""
    document, root = job.place.document, job.place.root
    project = Project.of(root, [*job.place.open_documents, document])
    path = relative(document.path, project.root)
    said = "\n".join(job.material.values())
    files = dict(project.with_text(document.path, document.text))
    told = {kind: text[-_LONGEST:] for kind, text in job.material.items() if text.strip()}
    found = Symptoms(Trials(files, path, job.python), told=told)
    if function.language.name != "python":
        return replace(found, untried=f"{function.language.name} is not run here")
    complained = complaints(document.text)
    meant = tuple(each for each in complained if _plain(each) in _plain(said))
    found = replace(found, complaints=complained, meant=meant)
    try:
        module, _ = module_of(path, files)
    except UsageError as error:
        return replace(found, untried=str(error))
    told_of = named(said, files)
    nodes = tuple(each for each in told_of if "::" in each)
    # Of a test that fails, what else its file holds says what an edit must not break.
    tests = list(dict.fromkeys(each.split("::")[0] for each in told_of))
    tests = tests or covering(files, function)
    given = as_test(job.material.get("test", ""), module, function.owner or function.name)
    if given:
        files[GIVEN] = given
        tests = [*tests, GIVEN]
    trials = Trials(
        files,
        path,
        job.python,
        function.owner,
        examples(function.doc, function.name),
        () if is_test(path) else tuple(dict.fromkeys([*tests, *covering(files, function)])),
        script(job.material.get("traceback", ""), files),
        lines=True,
    )
    first, last = (document.text.count("\n", 0, at) for at in (function.body, function.end))
    found = replace(found, named=nodes, body=range(first + 1, last + 2))
    before = trials.run(job.run, [document.text])[0]
    if nodes and not before.fault and not any(map(found._is_named, before.results)):
        # Too many or too slow: only what was named, then.
        trials = replace(trials, tests=nodes)
        before = trials.run(job.run, [document.text])[0]
    seen = replace(found, trials=replace(trials, lines=False), before=before)
    missing = next((why for why in seen.failing.values() if is_lacking(why)), "")
    if before.fault or missing:
        # Not what a change of this function could mend.
        return replace(found, untried=before.fault or missing)
    return seen


def complaints(text: str) -> Counter[str]:
    """What pyflakes says of ``text``, with how often; that it does not parse, by itself."""
    return Counter(said for _, said in faults(text))


def edit_size(old: str, new: str) -> int:
    """Tokens that differ."""
    before, after = (re.findall(r"\w+|[^\w\s]", text) for text in (old, new))
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for kind, a, b, c, d in steps if kind != "equal")


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
