"""A method or class of Java on the bench, and its tests for JUnit 5."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from assistant.commands.checking.project import text_of
from assistant.commands.checking.trials import Seen
from assistant.commands.protocol import Job
from assistant.commands.testing.case import Case, Target
from assistant.commands.testing.framework import Addition, Files, Probed, Ran
from assistant.commands.testing.java.expecting import contradicts, expected, passes
from assistant.commands.testing.java.hits import statements
from assistant.commands.testing.java.placing import is_test, test_path
from assistant.commands.testing.java.project import Build
from assistant.commands.testing.java.said import Said
from assistant.commands.testing.java.sources import imports_of, package_of, types_of
from assistant.commands.testing.java.subject import grammar
from assistant.commands.testing.java.trials import Java
from assistant.commands.testing.java.typed import typed
from assistant.commands.testing.java.writing import Style, addition, assertion, named
from assistant.commands.testing.stated import stated
from assistant.commands.testing.trees import calls_in, neighbours
from assistant.errors import UsageError

_LISTS = re.compile(r"\b(List\.of|Set\.of|Arrays\.asList)\(([^()]*)\)")


class JavaBench:
    fence = "java"

    def __init__(self, job: Job, target: Target, files: Files, build: Build) -> None:
        self.target, self.files, self.build = target, {**files, target.path: target.text}, build
        self.java = Java(job.run, self.files, target, build)
        self.path = test_path(self.files, target.path)
        here = package_of(target.text)
        sources = [text_of(text) for path, text in self.files.items() if path.endswith(".java")]
        self._beside = {
            name for text in sources if package_of(text) == here for name in types_of(text)
        }
        simple = {name.rsplit(".", 1)[-1] for name in imports_of(target.text)} - {"*"}
        self._names = sorted(simple.union(target.names, *map(types_of, sources)))
        self._existing = text_of(self.files.get(self.path, ""))
        self._told: dict[str, Said] = {}
        self._wide: dict[str, str] = {}
        shown = stated(target.doc, grammar(), target.names, self._names)
        self.examples: Sequence[Case] = [
            replace(case, call=self._whole(case.call)) for case in shown
        ]
        tests = [text_of(text) for path, text in sorted(self.files.items()) if is_test(path)]
        others = "\n".join(text for text in tests if "org.junit.jupiter" in text)
        found = re.search(r"^([ \t]+)\S", target.text[target.text.find("{") :], re.MULTILINE)
        indent = found[1] if found and found[1] in {"\t", "  ", "    "} else "    "
        self._style = Style(here, PurePosixPath(self.path).stem, indent, others)

    @property
    def statements(self) -> frozenset[int]:
        return statements(self.target) if self.java.tells else frozenset()

    @property
    def note(self) -> str:
        junit = self.build.junit
        said = [f"They were run by JUnit {junit.version}."] if junit else []
        said += [] if self.java.tells else ["Which lines they reach is not known."]
        return " ".join(said)

    def _whole(self, call: str) -> str:
        """A call that is written without its object or class."""
        begun, own = self.target.call, call.partition("(")[0]
        return begun.removesuffix(f"{own}(") + call if begun.endswith(f".{own}(") else call

    def probe(self) -> Probed:
        if not self.examples:
            return Probed(self._names)
        asked = [text for case in self.examples for text in (case.call, case.want or "null")]
        rows = self._tried(asked, [self.target.text])
        found = rows[0] or [None] * len(asked)
        kept, failed = [], []
        for number, case in enumerate(self.examples):
            gives, want = found[2 * number : 2 * number + 2]
            why = contradicts(case, gives, want)
            if gives is None or why is None:
                continue  # a name that only the comment has, or a result that cannot be compared
            said = case.want if case.raises or case.digits is not None or why else gives.literal
            kept.append(replace(case, want=said))
            failed.append(why)
            self._told[case.call] = gives
        self.examples = kept
        return Probed(self._names, failed)

    def calls(self, text: str, names: Sequence[str]) -> list[str]:
        found = calls_in(text, grammar(), self.target.names, names)
        return list(dict.fromkeys(self._whole(call) for call in found))

    def typed(self) -> Sequence[str]:
        return typed(self.target)

    def neighbours(self, calls: Sequence[str], most: int) -> list[str]:
        lists = dict.fromkeys(other for call in calls for other in _lists(call))
        some = [call for call in lists if call not in calls][: most // 3]
        return [*some, *neighbours(calls, grammar(), most - len(some))]

    def noted(self, calls: Sequence[str]) -> list[Case]:
        text = self.target.text
        one, two = self._tried(calls, [text, text], again=True)
        if one is None or two is None:
            raise UsageError(
                f"{self.target.path} cannot be run here: it ended before all calls were tried"
            )
        found = []
        for call, said, again in zip(calls, one, two, strict=True):
            if said is not None and again is not None and said.result == again.result:
                case = expected(call, said, self.target, self.files)
                if case is not None:
                    self._told[call] = said
                    found.append(case)
        return found

    def judged(self, cases: Sequence[Case], mutants: Sequence[str]) -> tuple[Seen, list[Seen], int]:
        """A mutant falls where it gives something else than the code does."""
        calls = [case.call for case in cases]
        original, *others = self._tried(calls, [self.target.text, *mutants])
        known = {
            str(number): said
            for number, (case, said) in enumerate(zip(cases, original or (), strict=False))
            if said is not None
            and said.result == self._told[case.call].result
            # What is there already is not written again.
            and assertion(case, said) not in self._existing
        }
        passed = Seen(dict.fromkeys(known, ""), {n: said.lines for n, said in known.items()})
        seen = [
            Seen(
                {
                    number: "" if passes(cases[int(number)], said, other) else "it differs"
                    for number, said in known.items()
                    if (other := row[int(number)]) is not None
                }
            )
            for row in others
            if row is not None
        ]
        return passed, seen, len(seen)

    def _tried(
        self, calls: Sequence[str], versions: Sequence[str], *, again: bool = False
    ) -> list[Sequence[Said | None] | None]:
        tried = self.java.tried(calls, versions, again=again)
        self._wide.update(tried.names)
        return list(tried.rows)

    def added(self, cases: Sequence[Case], existing: str) -> Addition:
        imports = {each for case in cases for each in self._imports(case)}
        return addition(cases, self._told, imports, self.target.names, existing, self._style)

    def _imports(self, case: Case) -> Iterator[str]:
        yield from self._told[case.call].imports
        own = imports_of(self.target.text)
        bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", case.call)
        for word in dict.fromkeys(re.findall(r"(?<![\w.])[A-Za-z_]\w*", bare)):
            named_here = [each for each in own if each.rpartition(".")[2] == word]
            if named_here:
                yield named_here[0]
            elif word in self._wide and word not in self._beside:
                yield self._wide[word]

    def ran(self, cases: Sequence[Case], whole: str) -> Ran:
        names = named(cases, self.target.names, self._existing, self._style)
        tested = self.java.tested(self.path, whole, names)
        if not tested.wrong:
            results = [tested.results.get(name, "was not reached") for name in names]
            return Ran(results, tested.lines)
        starts = [whole[: whole.find(f"void {name}()")].count("\n") + 1 for name in names]
        results = [""] * len(cases)
        for line, why in tested.wrong:
            above = [number for number, start in enumerate(starts) if start <= line]
            if not above or line > starts[-1] + 3:
                return Ran(fault=f"{self.path} cannot be run: {why}")
            results[above[-1]] = why
        return Ran(results)


def _lists(call: str) -> Iterator[str]:
    """Calls with a list changed."""
    for found in _LISTS.finditer(call):
        items = [item.strip() for item in found[2].split(",") if item.strip()]
        if found[2].count('"') and any(item.count('"') % 2 for item in items):
            continue
        for each in (items[::-1], items[1:], items[:1], [], items + items[:1]):
            if each != items and (found[1] != "Set.of" or len(set(each)) == len(each)):
                yield f"{call[: found.start()]}{found[1]}({', '.join(each)}){call[found.end() :]}"
