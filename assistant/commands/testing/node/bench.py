"""A function or class of a module on the bench, whatever the framework."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from assistant.commands.checking.project import text_of
from assistant.commands.checking.trials import Seen
from assistant.commands.protocol import Job
from assistant.commands.testing.case import Case, Target
from assistant.commands.testing.framework import Addition, Files, Probed, Ran
from assistant.commands.testing.node.exports import exports
from assistant.commands.testing.node.package import TYPED, Package
from assistant.commands.testing.node.placing import is_test, specifier, test_path
from assistant.commands.testing.node.subject import grammar, statements, throwing
from assistant.commands.testing.node.trials import Node, checked
from assistant.commands.testing.stated import stated
from assistant.commands.testing.trees import calls_in, neighbours
from assistant.errors import UsageError

_IMPORTS = re.compile(
    r"^(?:import\b[^;'\"]*['\"][^'\"\n]+['\"]|(?:const|let|var)\b[^;=]*=\s*require\([^)\n]*\)[^;\n]*)"
    r";?[ \t]*\n",
    re.MULTILINE,
)
TITLE = 72
"""Characters of a test's title."""


class NodeBench(ABC):
    """A subclass says how its framework writes and runs tests."""

    bare = True
    """Whether imports need no suffix."""

    def __init__(self, job: Job, target: Target, package: Package, files: Files) -> None:
        self.target, self.package, self.files = target, package, files
        self.exports = exports(target.text, target.path)
        if target.top not in self.exports.names:
            raise UsageError(
                f"{target.path} does not export {target.top}, so that no other file can call it: "
                "export it, then ask again"
            )
        self.quote = '"' if target.text.count('"') > target.text.count("'") else "'"
        self.semicolon = ";" if re.search(r";[ \t]*$", target.text, re.MULTILINE) else ""
        self.path = test_path(files, target.path, package.folder)
        self.fence = "typescript" if target.path.endswith(TYPED) else "javascript"
        self.statements = statements(target)
        self.node = Node(job.run, files, target.path, package.modules, self.exports, self.quote)
        known = self.exports.names | set(target.names)
        shown = stated(target.doc, grammar(), target.names, known)
        self.examples: Sequence[Case] = [self._whole(case) for case in shown]
        self._throwing = throwing(target)

    def _whole(self, case: Case) -> Case:
        """A method that a comment shows without its object."""
        owner, dot, _ = self.target.call.rpartition(".")
        bare = any(case.call.startswith(f"{name}(") for name in self.target.names)
        return replace(case, call=f"{owner}.{case.call}") if dot and bare else case

    @property
    def note(self) -> str:
        return ""

    def probe(self) -> Probed:
        (tried,) = self.node.tried([self.target.text], self.examples, "judge")
        checked(tried, self.target.path)
        promised = [bool(each.get("waited")) for each in tried.results]
        promised += [False] * (len(self.examples) - len(promised))
        failed = [str(each.get("failed", "")) for each in tried.results]
        failed += ["was not reached"] * (len(self.examples) - len(failed))
        # A name that only the comment has, or a busy machine, says nothing about the code.
        unclear = re.compile("ReferenceError|took too long|was not reached")
        said = ["" if unclear.search(why) else why for why in failed]
        self.examples = [
            replace(case, waited=is_promised)
            for case, is_promised in zip(self.examples, promised, strict=True)
        ]
        return Probed([name for name in tried.exports if name in self.exports.names], said)

    def calls(self, text: str, names: Sequence[str]) -> list[str]:
        return calls_in(text, grammar(), self.target.names, names)

    def typed(self) -> Sequence[str]:
        return ()

    def neighbours(self, calls: Sequence[str], most: int) -> list[str]:
        return neighbours(calls, grammar(), most)

    def noted(self, calls: Sequence[str]) -> list[Case]:
        text = self.target.text
        asked = [Case(call) for call in calls]
        # Two workers: what is drawn anew in each is seen to differ.
        one, two = self.node.tried([text, text], asked, "note")
        found = []
        for call, said, again in zip(calls, one.results, two.results, strict=False):
            case = self._case(call, said)
            if case is not None and {**said, "line": 0} == {**again, "line": 0}:
                found.append(case)
        return found

    def _case(self, call: str, said: Mapping[str, object]) -> Case | None:
        waited = bool(said.get("waited"))
        if isinstance(value := said.get("value"), str):
            digits = 10 if said.get("inexact") else None
            return Case(call, value, digits=digits, waited=waited)
        if "raises" in said and said["line"] in self._throwing:
            message = str(said["message"])
            return Case(call, raises=str(said["raises"]), message=message, waited=waited)
        return None

    def judged(self, cases: Sequence[Case], mutants: Sequence[str]) -> tuple[Seen, list[Seen], int]:
        (original,) = self.node.tried([self.target.text], cases, "judge", lines=True)
        others = self.node.tried([self.target.text, *mutants], cases, "judge")[1:]
        seen = [self._seen(each.results, each.fault, each.lines) for each in (original, *others)]
        return seen[0], seen[1:], len(others)

    @staticmethod
    def _seen(
        results: Sequence[Mapping[str, object]], fault: str, lines: Sequence[frozenset[int]]
    ) -> Seen:
        said = {str(n): str(each.get("failed", "")) for n, each in enumerate(results)}
        reached = {str(n): each for n, each in enumerate(lines)}
        return Seen(said, reached, fault)

    def added(self, cases: Sequence[Case], existing: str) -> Addition:
        brought = "".join(f"{line}\n" for line in self._imports(cases, existing))
        end = len(existing)
        tests = "\n".join(self._tests(cases, existing)) + "\n"
        if not existing.strip():
            return Addition(f"{brought}\n" if brought else "", tests, 0, end)
        last = max((found.end() for found in _IMPORTS.finditer(existing)), default=0)
        apart = "\n" * max(0, 2 - (len(existing) - len(existing.rstrip("\n"))))
        return Addition(brought, apart + tests, last, end)

    def _tests(self, cases: Sequence[Case], existing: str) -> Iterator[str]:
        word = self.word(existing)
        yield f"describe({self.said(self.target.name)}, () => {{"
        for number, (case, title) in enumerate(zip(cases, self.titles(cases), strict=True)):
            if number:
                yield ""
            waits = "async " if case.waited else ""
            yield f"  {word}({self.said(title)}, {waits}() => {{"
            for line in self.statement(case).split("\n"):
                yield f"    {line}{self.semicolon}"
            yield "  })" + self.semicolon
        yield "})" + self.semicolon

    def word(self, existing: str) -> str:
        """What a test is called: as in the file, else as in the project's others."""
        others = (text_of(text) for path, text in sorted(self.files.items()) if is_test(path))
        for text in (existing, *others):
            if found := re.search(r"^\s*(it|test)\(", text, re.MULTILINE):
                return found[1]
        return "test"

    def titles(self, cases: Sequence[Case]) -> list[str]:
        """One for each, all different."""
        found: list[str] = []
        for case in cases:
            title = " ".join(case.said.split("\n"))
            title = title if len(title) <= TITLE else f"{title[: TITLE - 1]}…"
            same = sum(each == title or each.startswith(f"{title} (") for each in found)
            found.append(f"{title} ({same + 1})" if same else title)
        return found

    def said(self, text: str) -> str:
        """A string literal."""
        quote = self.quote
        if quote in text and '"' not in text:
            quote = '"'
        elif quote in text and "'" not in text:
            quote = "'"
        inner = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
        return f"{quote}{inner}{quote}"

    def _imports(self, cases: Sequence[Case], existing: str) -> Iterator[str]:
        yield from self.tools(cases, existing)
        own = self.exports
        words = set(re.findall(r"[\w$]+", " ".join(f"{case.call} {case.want}" for case in cases)))
        bound = set(re.findall(r"[\w$]+", " ".join(_IMPORTS.findall(existing))))
        wanted = [name for name in sorted(own.names) if name in words and name not in bound]
        source = self.said(specifier(self.files, self.target.path, self.path, self.bare))
        named = [name for name in wanted if name in own.named]
        whole = own.default if own.default in wanted and own.default not in own.named else ""
        if self.requires:
            if whole:
                yield f"const {whole} = require({source}){self.semicolon}"
            if named:
                yield f"const {{ {', '.join(named)} }} = require({source}){self.semicolon}"
        elif whole or named:
            parts = [whole, f"{{ {', '.join(named)} }}" if named else ""]
            yield f"import {', '.join(filter(None, parts))} from {source}{self.semicolon}"

    @property
    def requires(self) -> bool:
        """Whether the test file is CommonJS."""
        return self.exports.common and not self.path.endswith((".mjs", *TYPED))

    @abstractmethod
    def tools(self, cases: Sequence[Case], existing: str) -> Iterator[str]:
        """Import lines for the framework that ``existing`` lacks."""

    @abstractmethod
    def statement(self, case: Case) -> str:
        """What a test says, without a semicolon at the end."""

    @abstractmethod
    def ran(self, cases: Sequence[Case], whole: str) -> Ran:
        """See :class:`assistant.commands.testing.framework.Bench`."""

    def reached(self, cases: Sequence[Case]) -> frozenset[int]:
        """Lines of the module that ``cases`` run."""
        (tried,) = self.node.tried([self.target.text], cases, "judge", lines=True)
        return frozenset().union(*tried.lines)
