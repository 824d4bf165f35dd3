"""Versions of a module, tried in Node.js inside the sandbox; ``driver.mjs`` says what is asked."""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any

from assistant.commands.checking.running import ran, roomy
from assistant.commands.testing.case import Case
from assistant.commands.testing.node.exports import Exports
from assistant.commands.testing.node.package import strips_types
from assistant.errors import UsageError
from assistant.sandbox import Job, Outcome

FOLDER = ".assistant"
"""Where what runs beside the project lies."""
DRIVER = f"{FOLDER}/driver.mjs"
SECONDS = 0.5
"""Of CPU time, for one call."""
PATIENCE = 8.0
"""Of CPU time, for all calls of one version."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What one version did; ``results`` and ``lines`` (1-based) are by case, in their order."""

    fault: str
    exports: Sequence[str]
    results: Sequence[Mapping[str, Any]]
    lines: Sequence[frozenset[int]]


@dataclass(frozen=True, slots=True)
class Node:
    """``files`` are the project's; ``path`` is the module that is tried, ``modules`` the project's
    ``node_modules``."""

    run: Callable[[Job], Outcome]
    files: Mapping[str, bytes | str]
    path: str
    modules: Path | None
    exports: Exports
    quote: str = "'"

    def tried(
        self, versions: Sequence[str], cases: Sequence[Case], mode: str, *, lines: bool = False
    ) -> list[Tried]:
        """What each of ``versions`` (texts; the first is the module itself) does. Raises UsageError
        where the sandbox refuses to run anything, or Node.js is not there."""
        word = secrets.token_hex(16)
        path = PurePosixPath(self.path)
        beside = (
            path.with_name(f"{path.stem}.assistant{number}{path.suffix}")
            for number in range(1, len(versions))
        )
        names = [self.path, *map(str, beside)]
        asked = {
            "word": word,
            "path": self.path,
            "versions": names,
            "cases": [asdict(case) for case in cases],
            "mode": mode,
            "seconds": SECONDS,
            "patience": PATIENCE,
            "lines": lines,
            "quote": self.quote,
            "common": self.exports.common,
            "whole": self.exports.default,
        }
        wall = min(180.0, 30.0 + PATIENCE * len(versions))
        outcome = self.ran(
            DRIVER, (), dict(zip(names, versions, strict=True)), wall, json.dumps(asked)
        )
        found = [
            _tried(json.loads(line.removeprefix(word)))
            for line in outcome.stdout.splitlines()
            if line.startswith(word)
        ]
        said = [line for line in outcome.stderr.splitlines() if "Error" in line]
        why = said[0].strip() if said else outcome.reason or "it ended early"
        return [*found, *(Tried(why, (), (), ()) for _ in versions[len(found) :])]

    def ran(
        self,
        entry: str,
        arguments: Sequence[str],
        files: Mapping[str, bytes | str],
        wall: float,
        stdin: str = "",
        env: Mapping[str, str] | None = None,
        collect: tuple[str, ...] = (),
    ) -> Outcome:
        """``entry`` run by Node.js beside the project."""
        own = {f"{FOLDER}/{name}": source_of(name) for name in OWN}
        job = Job(
            "typescript" if strips_types() else "javascript",
            {**self.files, **own, **files},
            entry=entry,
            arguments=tuple(arguments),
            stdin=stdin,
            limits=roomy(wall),
            env=env or {},
            collect=collect,
            packages=(self.modules,) if self.modules else (),
        )
        return ran(self.run, job)


OWN = ("driver.mjs", "worker.mjs", "register.mjs", "loader.mjs", "reporter.mjs")


@functools.cache
def source_of(name: str) -> str:
    """One of the files of this package that are laid beside the project."""
    return resources.files("assistant.commands.testing.node").joinpath(name).read_text("utf-8")


def checked(tried: Tried, path: str) -> Tried:
    """Raises UsageError where the module cannot be loaded."""
    if tried.fault:
        raise UsageError(f"{path} cannot be run here: {tried.fault}")
    return tried


def _tried(report: Mapping[str, Any]) -> Tried:
    lines = [frozenset(each) for each in report["lines"]]
    return Tried(report["fault"], report["exports"] or (), report["results"], lines)
