"""Jest (https://jestjs.io)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assistant.commands.testing.case import Case
from assistant.commands.testing.framework import Ran
from assistant.commands.testing.node.bench import NodeBench
from assistant.commands.testing.node.framework import NodeFramework
from assistant.commands.testing.node.trials import FOLDER
from assistant.sandbox import Outcome

SECONDS = 90.0
REPORT = f"{FOLDER}/report.json"
_FLAT = re.compile(r"(?:-?[\d.]|['\"]|true|false)")


class ExpectBench(NodeBench):
    """Tests that say ``expect(…)``, which Jest and Vitest share, and a report as Jest writes it."""

    def statement(self, case: Case) -> str:
        call = f"await {case.call}" if case.waited else case.call
        if case.raises:
            # By its words: the name of an error's class is nothing that these matchers compare.
            told = case.raises if case.message is None else self.said(case.message)
            told = "" if case.message == "" else told
            if case.waited:
                return f"await expect(async () => {case.call}).rejects.toThrow({told})"
            return f"expect(() => {case.call}).toThrow({told})"
        if case.digits is not None:
            return f"expect({call}).toBeCloseTo({case.want}, {case.digits})"
        if case.want in {"undefined", "null"}:
            return f"expect({call}).toBe{case.want.capitalize()}()"
        matcher = "toBe" if _FLAT.match(case.want) else "toStrictEqual"
        return f"expect({call}).{matcher}({case.want})"

    def read(self, outcome: Outcome, cases: Sequence[Case]) -> Ran:
        """What the report that was brought back says."""
        try:
            report = json.loads(outcome.files[REPORT])
        except (KeyError, ValueError):
            lines = [line for line in outcome.stderr.splitlines() if "rror" in line]
            why = lines[0].strip() if lines else outcome.reason or "it gave no report"
            return Ran(fault=f"{self.path} cannot be run: {why}")
        files: list[Mapping[str, Any]] = report["testResults"]
        said = {
            each["title"]: "" if each["status"] == "passed" else "it failed"
            for file in files
            for each in file["assertionResults"]
            if not each["ancestorTitles"] or each["ancestorTitles"][0] == self.target.name
        }
        titles = self.titles(cases)
        if not any(title in said for title in titles):
            return self._nothing(cases, "\n".join(str(file.get("message", "")) for file in files))
        return Ran([said.get(title, "was not reached") for title in titles], self.reached(cases))

    def _nothing(self, cases: Sequence[Case], message: str) -> Ran:
        """A file that does not compile as a whole: the tests on the lines that it names."""
        name = re.escape(self.path.rsplit("/", 1)[-1])
        bare = re.sub(r"\x1b\[[\d;]*m", "", message)
        rows = {int(row) for row in re.findall(rf"{name}:(\d+):\d+", bare)}
        titles = self.titles(cases)
        bad = [self._lines.get(title, range(0)) for title in titles]
        results = ["it does not compile" if rows & set(each) else "" for each in bad]
        if any(results) and not all(results):
            return Ran(results)
        errors = [line.strip() for line in bare.split("\n") if "rror" in line]
        return Ran(fault=f"{self.path} cannot be run: {(errors or ['no test was reached'])[0]}")

    def place(self, cases: Sequence[Case], whole: str) -> None:
        """Keep on which lines (1-based) of the file each test stands."""
        self._lines = {}
        for title in self.titles(cases):
            at = whole.rfind(self.said(title))
            row = whole.count("\n", 0, at) + 1
            self._lines[title] = range(row, row + 4)

    _lines: Mapping[str, range] = {}


class _Bench(ExpectBench):
    def tools(self, cases: Sequence[Case], existing: str) -> Iterator[str]:
        yield from ()  # its names are there without an import

    def ran(self, cases: Sequence[Case], whole: str) -> Ran:
        self.place(cases, whole)
        starter = f"{FOLDER}/jest.mjs"
        arguments = ["--ci", "--runInBand", "--json", "--outputFile", REPORT, "--cacheDirectory"]
        arguments += ["/tmp/jest", "--runTestsByPath", self.path]  # noqa: S108 - the sandbox's own
        outcome = self.node.ran(
            starter, arguments, {starter: _START, self.path: whole}, SECONDS, collect=(REPORT,)
        )
        return self.read(outcome, cases)


_START = """import { spawnSync } from 'node:child_process';
const jest = '/node_modules/jest/bin/jest.js';
const args = ['--experimental-vm-modules', '--no-warnings', jest, ...process.argv.slice(2)];
process.exit(spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1);
"""


class Jest(NodeFramework):
    name = "jest"
    tool = "jest"
    kind = _Bench


FRAMEWORK = Jest()
