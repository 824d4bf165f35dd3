"""What an edit is tried by: it parses, its names are known, tests that passed still pass, and what
other files use is still there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from assistant.commands import surroundings
from assistant.commands.checking.covering import covering
from assistant.commands.checking.names import import_edit, resolved, undefined
from assistant.commands.checking.project import Project, relative
from assistant.commands.checking.running import TooBusy
from assistant.commands.checking.trials import Seen, Trials
from assistant.commands.edits import applied
from assistant.commands.functions import functions
from assistant.commands.links import Fact
from assistant.commands.protocol import Job
from assistant.commands.references import References
from assistant.commands.sources import Sources
from assistant.commands.subjects import uses_of
from assistant.errors import UsageError
from assistant.syntax import of_path, outline
from assistant.syntax.symbols import Definition

_LEFT_OUT = re.compile(
    r"^\s*(?:#|//|/\*|--)\s*(?:\.\.\.|…|(?:the )?(?:rest|other|remaining|existing)\b[^\n]*"
    r"(?:unchanged|same|here|code|\.\.\.))[^\n]*$",
    re.MULTILINE | re.IGNORECASE,
)
_KINDS = frozenset({"function", "method", "class"})
MOST_USES = 8


@dataclass(frozen=True, slots=True)
class Version:
    """One edit: the files that it changes, by path, and what was found out about it."""

    texts: Mapping[str, str]
    said: str = ""
    """What the model wrote."""
    fault: str = ""
    """Why the answer is not to be used as it stands."""
    unparsed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    passed: int | None = None
    """Tests that pass before and after; None where none could be tried."""
    hidden: bool = False
    """Whether a star import hides which names there are."""
    untried: str = ""
    """Why no test was run."""
    gone: tuple[Fact, ...] = ()
    """Uses of what is no longer there."""
    changed: tuple[Fact, ...] = ()
    """Uses of what takes other arguments now."""

    @property
    def wrong(self) -> list[str]:
        """Why it is not good, a line each."""
        found = [self.fault] if self.fault else []
        found += [f"{path} does not parse any more" for path in self.unparsed]
        if self.missing:
            found.append(f"these names are not defined: {', '.join(self.missing)}")
        found += [f"a test that passed fails: {why}" for why in self.broken[:3]]
        found += [f"{use.place} still uses what is gone: {use.text}" for use in self.gone[:3]]
        return found

    @property
    def good(self) -> bool:
        return bool(self.texts) and not self.wrong

    @property
    def worth(self) -> tuple[bool, bool, bool, bool, int, int]:
        return (
            bool(self.texts),
            not self.fault,
            not self.unparsed,
            not self.missing,
            -len(self.broken),
            -len(self.gone),
        )


@dataclass
class Judge:
    """``texts`` are the files that may be edited, as they are; ``lines`` are those (0-based, end
    exclusive) of the command's own file that are edited."""

    job: Job
    sources: Sources
    texts: Mapping[str, str]
    lines: tuple[int, int]
    _seen: dict[tuple[tuple[str, str], ...], Seen] = field(default_factory=dict, init=False)
    """What the tests said of an edit: a model often answers the same again."""

    def judged(self, said: str, texts: Mapping[str, str], fault: str = "") -> Version:
        """An edit that makes ``texts`` of files. May take as long as the tests do."""
        texts = {path: text for path, text in texts.items() if text != self.texts.get(path, "")}
        if not texts:
            return Version({}, said, fault or "nothing was changed")
        fault = fault or self._left_out(texts)
        unparsed = tuple(path for path, text in texts.items() if not self._parses(path, text))
        found = Version(texts, said, fault, unparsed)
        if fault or unparsed:
            return found
        found = self._with_names(found)
        gone, changed = self._uses(found)
        found = replace(found, gone=gone, changed=changed)
        if found.missing:
            return replace(found, untried="not run: names are missing")
        return self._tried(found)

    def _left_out(self, texts: Mapping[str, str]) -> str:
        for path, text in texts.items():
            known = {line.strip() for line in self.texts.get(path, "").split("\n")}
            for line in _LEFT_OUT.finditer(text):
                if line[0].strip() not in known:
                    return f"it leaves code out ({line[0].strip()[:60]})"
        return ""

    def _parses(self, path: str, text: str) -> bool:
        language = of_path(path)
        return language is None or surroundings.parses(text, self.texts.get(path, ""), language)

    def _with_names(self, version: Version) -> Version:
        """With the imports that the standard library answers, and the names that nothing does."""
        texts, missing, hidden = dict(version.texts), list[str](), False
        for path, text in version.texts.items():
            if not path.endswith(".py"):
                continue
            before = {each.name for each in undefined(self.texts.get(path, "")) or ()}
            found = undefined(text)
            hidden = hidden or found is None
            new = dict.fromkeys(each.name for each in found or () if each.name not in before)
            unknown, imports = resolved(new)
            missing += unknown
            if imports:
                texts[path] = applied(text, [import_edit(Path(path), text, imports)])
        missing = list(dict.fromkeys(missing))
        return replace(version, texts=texts, missing=tuple(missing), hidden=hidden)

    def _uses(self, version: Version) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
        """Where other files use what is gone, and what takes other arguments now."""
        gone: dict[Fact, None] = {}
        changed: dict[Fact, None] = {}
        with References(self.sources, self.job.repository) as references:
            for path, text in version.texts.items():
                language = of_path(path)
                if language is None or path not in self.texts:
                    continue
                now = _arguments(outline(text, language).definitions)
                before = outline(self.texts[path], language).definitions
                takes = _arguments(before)
                for each in before:
                    key = each.parent, each.name
                    if now.get(key) == takes.get(key):
                        continue
                    uses = uses_of(references, path, each)
                    found = changed if key in now else gone
                    found |= dict.fromkeys(use for use in uses if use.path not in version.texts)
        return tuple(gone), tuple(changed)

    @cached_property
    def _project(self) -> Project:
        place = self.job.place
        return Project.of(place.root, [*place.open_documents, place.document])

    def _covering(self) -> list[str]:
        """Test files that concern what is edited."""
        document = self.job.place.document
        if document.path.suffix != ".py":
            return []
        first, last = self.lines
        found: dict[str, None] = {}
        for each in functions(document):
            start = each.text.count("\n", 0, each.start)
            end = each.text.count("\n", 0, each.end)
            if start < last and end >= first:
                found |= dict.fromkeys(covering(self._project.files, each))
        return list(found)

    @cached_property
    def _before(self) -> tuple[Trials, Seen] | None:
        """The tests, and what they say of the file as it is; None where there are none."""
        tests = self._covering()
        if not tests:
            return None
        document = self.job.place.document
        path = relative(document.path, self._project.root)
        trials = Trials(self._project.files, path, self.job.python, tests=tests)
        return trials, trials.run(self.job.run, [document.text])[0]

    def _tried(self, version: Version) -> Version:
        try:
            before = self._before
        except UsageError as error:
            return replace(version, untried=str(error))
        if before is None or not before[1].passed:
            why = (
                ""
                if before is None
                else before[1].fault or next(iter(before[1].failed.values()), "")
            )
            return replace(version, untried=why[:200])
        trials, seen = before
        files = {**trials.files, **version.texts}
        document = self.job.place.document
        text = version.texts.get(trials.path, document.text)
        same = tuple(sorted(version.texts.items()))
        try:
            if same not in self._seen:
                self._seen[same] = replace(trials, files=files).run(self.job.run, [text])[0]
        except TooBusy as busy:
            return replace(version, untried=str(busy))
        now = self._seen[same]
        if now.fault:
            return replace(version, broken=(now.fault,), passed=0)
        broken = [why for name in seen.passed if (why := now.results.get(name, f"{name} is gone"))]
        return replace(version, broken=tuple(broken), passed=len(seen.passed) - len(broken))


def _arguments(definitions: Sequence[Definition]) -> dict[tuple[str, str], list[str]]:
    """What functions take, as it is written, by class and name: an overloaded one has several."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in definitions:
        if each.kind not in _KINDS:
            continue
        taken = re.search(r"\((.*)\)", each.signature.split("->")[0], re.DOTALL)
        written = " ".join(taken[1].split()).rstrip(", ") if taken else ""
        found.setdefault((each.parent, each.name), []).append(
            "" if each.kind == "class" else written
        )
    return found


def uses_said(uses: Sequence[Fact]) -> str:
    """Places, for one line."""
    shown = ", ".join(use.place for use in uses[:MOST_USES])
    more = len(uses) - MOST_USES
    return f"{shown} and {more} more" if more > 0 else shown
