"""Vitest (https://vitest.dev)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.commands.testing.case import Case
from assistant.commands.testing.framework import Ran
from assistant.commands.testing.frameworks.jest import REPORT, SECONDS, ExpectBench
from assistant.commands.testing.node.framework import NodeFramework
from assistant.commands.testing.node.trials import FOLDER


class _Bench(ExpectBench):
    @property
    def requires(self) -> bool:
        return False  # Vitest itself is an ES module

    def tools(self, cases: Sequence[Case], existing: str) -> Iterator[str]:
        inside = re.search(r"[{]([^}]*)[}][^;\n]*['\"]vitest['\"]", existing)
        bound = set(re.findall(r"\w+", inside[1])) if inside else set()
        # A file that tests without an import has them as globals.
        if re.search(r"^\s*(it|test)\(", existing, re.MULTILINE) and not inside:
            return
        wanted = ["describe", "expect", self.word(existing)]
        if lacking := [name for name in wanted if name not in bound]:
            yield f"import {{ {', '.join(lacking)} }} from {self.said('vitest')}{self.semicolon}"

    def ran(self, cases: Sequence[Case], whole: str) -> Ran:
        self.place(cases, whole)
        starter = f"{FOLDER}/vitest.mjs"
        arguments = ["run", "--no-file-parallelism", "--reporter=json", f"--outputFile={REPORT}"]
        outcome = self.node.ran(
            starter,
            [*arguments, self.path],
            {starter: _START, self.path: whole},
            SECONDS,
            collect=(REPORT,),
        )
        return self.read(outcome, cases)


_START = """import { spawnSync } from 'node:child_process';
const args = ['/node_modules/vitest/vitest.mjs', ...process.argv.slice(2)];
process.exit(spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1);
"""


class Vitest(NodeFramework):
    name = "vitest"
    tool = "vitest"
    rank = 2
    kind = _Bench


FRAMEWORK = Vitest()
