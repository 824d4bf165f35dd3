"""Versions of one file of a project, tried in the sandbox: by a docstring's examples, by pytest's
tests, by running a script."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any

from assistant.commands.checking.examples import Example
from assistant.commands.checking.lacking import is_lacking, lacking
from assistant.commands.checking.project import CONFIGURATION
from assistant.commands.checking.running import DRIVER, TooBusy, question, ran, source_of
from assistant.sandbox import Job, Limits, Outcome, PythonEnvironment
from assistant.sandbox.interpreter import LENT

SECONDS = 2.0
PATIENCE = 20.0
MOST_SECONDS = 120.0
SCRIPT = "script"
IMPORT = "import"
"""Names of results beside those of tests (pytest's) and examples (``example 1``)."""
_OURS = {b"asyncio": "pytest_asyncio.plugin", b"anyio": "anyio.pytest_plugin"}
"""Plug-ins of pytest that are installed beside this project, by the word that asks for them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one version did. ``results`` holds an empty text or why not, by name; ``lines`` are
    the file's (1-based) that each test reached."""

    results: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)
    fault: str = ""

    @property
    def failed(self) -> dict[str, str]:
        return {name: why for name, why in self.results.items() if why}

    @property
    def passed(self) -> list[str]:
        return [name for name, why in self.results.items() if not why]


@dataclass(frozen=True, slots=True)
class Trials:
    """``path`` and ``tests`` (files, or ``file::name``) are relative to the project's folder."""

    files: Mapping[str, bytes | str]
    path: str
    python: PythonEnvironment
    owner: str = ""
    examples: Sequence[Example] = ()
    tests: Sequence[str] = ()
    script: str = ""
    plugins: bool = True
    lines: bool = False
    hasty: bool = False
    """Whether a version's tests, but for the first one's, end with the third that runs out of
    time."""
    seconds: float = SECONDS
    """Of CPU time, for one example or one test."""
    patience: float = PATIENCE
    """Of CPU time for all examples or all tests of one version; what is not reached by then
    counts as failed."""
    most: float = MOST_SECONDS
    """Seconds of CPU time for all versions together; what is not reached has a fault."""

    def run(self, run: Callable[[Job], Outcome], versions: Sequence[str]) -> list[Seen]:
        """What each of ``versions`` does. Raises UsageError where the sandbox refuses to run
        anything, or Python cannot import the file by a name."""
        if not versions or not (self.examples or self.tests or self.script):
            return [Seen() for _ in versions]
        word = secrets.token_hex(16)
        outcome = ran(run, self._job(word, versions))
        reports = [
            self._seen(json.loads(line.removeprefix(word)))
            for line in outcome.stdout.splitlines()
            if line.startswith(word)
        ]
        said = outcome.stderr.strip().splitlines()
        why = said[-1] if said else outcome.reason or "it ended early"
        why = lacking(why, self.python, self.files) or why
        return [*reports, *(Seen(fault=why) for _ in versions[len(reports) :])]

    def import_faults(
        self, run: Callable[[Job], Outcome], pairs: Sequence[tuple[str, str]]
    ) -> list[str]:
        """For each pair of whole files, without further imports and with them, why only the second
        one cannot be imported; empty where it can, or nobody knows. Raises UsageError where the
        sandbox refuses."""
        trials = replace(self, examples=[Example("None", "None", "value")], tests=(), script="")
        try:
            seen = trials.run(run, [text for pair in pairs for text in pair])
        except TooBusy:
            return [""] * len(pairs)
        faults = [each.fault or each.results.get(IMPORT, "") for each in seen]
        return [
            "" if before or is_lacking(after) else after
            for before, after in zip(faults[::2], faults[1::2], strict=True)
        ]

    def _job(self, word: str, versions: Sequence[str]) -> Job:
        examples = question(word, self.files, self.path, self.owner, self.examples, self.seconds)
        asked = {
            "word": word,
            "path": self.path,
            "versions": list(versions),
            "folders": examples["path"],
            "examples": examples if self.examples else None,
            "tests": list(self.tests),
            "beside": [LENT],
            "plugins": self._plugins(),
            "lines": self.lines,
            "hasty": self.hasty,
            "script": self.script,
            "seconds": self.seconds,
            "patience": self.patience,
        }
        wall = min(self.most, 15 + len(versions) * 2 * self.patience)
        files = {
            **self.files,
            self.path: versions[0],
            DRIVER: source_of("driver.py"),
            "assistant_trials.py": source_of("trials_driver.py"),
        }
        return Job(
            "python",
            files,
            entry="assistant_trials.py",
            stdin=json.dumps(asked),
            limits=Limits(wall_seconds=4 * wall, cpu_seconds=wall, output_bytes=8 << 20),
            python=self.python,
        )

    def _plugins(self) -> list[str] | None:
        """pytest's plug-ins by module; None for all that are installed. What is installed for the
        assistant takes a second to load, and is the project's where its files name it."""
        if not self.plugins:
            return []
        if not self.python.lent:
            return None
        tested = {test.split("::")[0] for test in self.tests}
        texts = [
            text if isinstance(text, bytes) else text.encode(errors="replace")
            for path, text in self.files.items()
            if path in tested or path in CONFIGURATION or path.endswith("conftest.py")
        ]
        wanted = [m for word, m in _OURS.items() if any(word in text for text in texts)]
        return [module for module in wanted if find_spec(module.split(".")[0])]

    def _seen(self, report: dict[str, Any]) -> Seen:
        results: dict[str, str] = {}
        if (shown := report["examples"]) is not None:
            results[IMPORT] = shown["import"]
            said = [*shown["examples"], *["it was not reached"] * len(self.examples)]
            for number in range(len(self.examples)):
                results[f"example {number + 1}"] = shown["import"] or said[number]
        results |= report["tests"]
        if self.script:
            results[SCRIPT] = report["script"]
        results = {
            name: lacking(why, self.python, self.files) or why for name, why in results.items()
        }
        reached = {node: frozenset(lines) for node, lines in report["lines"].items()}
        late = "the tests did not begin in time: the machine is busy, try again"
        return Seen(results, reached, late if report["late"] and not report["tests"] else "")
