"""Running something beside a project's files, and trying a function's examples there."""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

from assistant.commands.checking.examples import Example
from assistant.commands.checking.lacking import lacking
from assistant.commands.checking.project import import_folders, module_of
from assistant.errors import UsageError
from assistant.sandbox import Job, Limits, Outcome, PythonEnvironment, Status
from assistant.sandbox.environments import own

SECONDS = 3.0
"""Of CPU time, for one example."""
DRIVER = "assistant_driver.py"


@dataclass(frozen=True, slots=True)
class Tried:
    """``fault`` says why nothing could be tried; ``failures`` holds, for each example, an empty
    text or why it does not hold."""

    fault: str = ""
    failures: tuple[str, ...] = ()


def try_examples(
    run: Callable[[Job], Outcome],
    files: Mapping[str, bytes | str],
    path: str,
    owner: str,
    examples: Sequence[Example],
    python: PythonEnvironment | None = None,
) -> Tried:
    """Import ``path`` of ``files`` and try ``examples`` there. Raises UsageError where the sandbox
    refuses to run anything."""
    python = python or own()
    word = secrets.token_hex(16)
    asked = question(word, files, path, owner, examples, SECONDS)
    wall = min(60.0, 10.0 + SECONDS * len(examples))
    job = Job(
        "python",
        {**files, DRIVER: source_of("driver.py")},
        entry=DRIVER,
        stdin=json.dumps(asked),
        limits=Limits(wall_seconds=4 * wall, cpu_seconds=wall),
        python=python,
    )
    outcome = ran(run, job)
    for line in reversed(outcome.stdout.splitlines()):
        if line.startswith(word):
            report = json.loads(line.removeprefix(word))
            said = [lacking(each, python, files) or each for each in report["examples"]]
            fault = lacking(report["import"], python, files) or report["import"]
            return Tried(fault, tuple(said))
    return Tried(outcome.reason or "it ended before its report")


def question(
    word: str,
    files: Mapping[str, bytes | str],
    path: str,
    owner: str,
    examples: Sequence[Example],
    seconds: float,
) -> dict[str, Any]:
    """What ``driver.py`` is asked; see there. Raises UsageError where Python cannot import
    ``path`` by a name."""
    module, folder = module_of(path, files)
    return {
        "word": word,
        "module": module,
        "path": import_folders(folder),
        "owner": owner,
        "examples": [list(asdict(example).values()) for example in examples],
        "seconds": seconds,
    }


def ran(run: Callable[[Job], Outcome], job: Job) -> Outcome:
    """How ``job`` ended. Raises UsageError where the sandbox refuses it."""
    outcome = run(job)
    if outcome.status is Status.REFUSED:
        raise UsageError(f"generated code is not run here: {outcome.reason}")
    return outcome


@functools.cache
def source_of(name: str) -> str:
    """One of the files of this package that are laid beside the project."""
    return resources.files("assistant.commands.checking").joinpath(name).read_text("utf-8")
