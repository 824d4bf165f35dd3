"""Node.js's own test runner, ``node:test``, with ``node:assert/strict``."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Sequence

from assistant.commands.protocol import Place
from assistant.commands.testing.case import Case
from assistant.commands.testing.framework import Ran
from assistant.commands.testing.node.bench import NodeBench
from assistant.commands.testing.node.framework import NodeFramework
from assistant.commands.testing.node.trials import FOLDER

SECONDS = 30.0


class _Bench(NodeBench):
    bare = False

    @property
    def note(self) -> str:
        """A framework that is named and not installed is not taken."""
        for tool in ("vitest", "jest"):
            if self.package.names(tool) and not self.package.has(tool):
                said = (
                    f"package.json names {tool}, which is not installed, so that these tests are "
                )
                return (
                    said + "for Node.js's own runner: `npm install` to have them for " + tool + "."
                )
        return ""

    def tools(self, cases: Sequence[Case], existing: str) -> Iterator[str]:
        wanted = ["describe", self.word(existing)]
        has = re.search(r"['\"]node:test['\"]", existing)
        inside = re.search(r"[{]([^}]*)[}][^;\n]*['\"]node:test['\"]", existing)
        bound = set(re.findall(r"\w+", inside[1])) if inside else set()
        if has and re.search(r"\b(?:import|const)\s+test\b", existing):
            bound.add("test")
        lacking = [name for name in wanted if name not in bound]
        if not re.search(r"\b(?:import|const)\s+assert\b", existing):
            yield self._brought("assert", "node:assert/strict")
        if lacking:
            yield self._brought(f"{{ {', '.join(lacking)} }}", "node:test")

    def _brought(self, names: str, module: str) -> str:
        if self.requires:
            return f"const {names} = require({self.said(module)}){self.semicolon}"
        return f"import {names} from {self.said(module)}{self.semicolon}"

    def statement(self, case: Case) -> str:
        call = f"await {case.call}" if case.waited else case.call
        if case.raises:
            told = f"name: {self.said(case.raises)}"
            if case.message is not None:
                told += f", message: {self.said(case.message)}"
            if case.waited:
                return f"await assert.rejects(async () => {case.call}, {{ {told} }})"
            return f"assert.throws(() => {case.call}, {{ {told} }})"
        if case.digits is not None:
            return f"assert.ok(Math.abs({call} - {_bare(case.want)}) < 0.5e-{case.digits})"
        flat = case.want[:1] not in {"[", "{"} and not case.want.startswith("new ")
        return f"assert.{'equal' if flat else 'deepEqual'}({call}, {case.want})"

    def ran(self, cases: Sequence[Case], whole: str) -> Ran:
        word = secrets.token_hex(16)
        reporter = f"./{FOLDER}/reporter.mjs"
        # The file by itself: the driver below gives Node.js its options.
        starter = f"{FOLDER}/start.mjs"
        inner = ["--import", f"./{FOLDER}/register.mjs", "--test-reporter", reporter, self.path]
        outcome = self.node.ran(
            starter,
            inner,
            {starter: _START, self.path: whole},
            SECONDS,
            env={"ASSISTANT_WORD": word},
        )
        said = [
            json.loads(line.removeprefix(word))
            for line in outcome.stdout.splitlines()
            if line.startswith(word)
        ]
        why = {each["title"]: each["why"].split("\n")[0] for each in said}
        titles = self.titles(cases)
        if not any(title in why for title in titles):
            errors = [line for line in outcome.stderr.splitlines() if "Error" in line]
            fault = errors[0].strip() if errors else outcome.reason or "no test was reached"
            return Ran(fault=f"{self.path} cannot be run: {fault}")
        return Ran([why.get(title, "was not reached") for title in titles], self.reached(cases))


_START = """import { spawnSync } from 'node:child_process';
const options = process.execArgv.filter((each) => !each.startsWith('--max-old'));
const args = [...options, ...process.argv.slice(2)];
process.exit(spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1);
"""


def _bare(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


class NodeTest(NodeFramework):
    name = "node:test"
    rank = 0
    kind = _Bench

    def fits(self, place: Place) -> bool:
        return True


FRAMEWORK = NodeTest()
