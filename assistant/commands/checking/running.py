"""Trying a function's examples in the sandbox."""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources

from assistant.commands.checking.examples import Example
from assistant.commands.checking.project import module_of
from assistant.errors import UsageError
from assistant.sandbox import Job, Limits, Outcome, Status

SECONDS = 3.0
"""For one example."""
_DRIVER = "assistant_driver.py"


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
) -> Tried:
    """Import ``path`` of ``files`` and try ``examples`` there. Raises UsageError where the sandbox
    refuses to run anything."""
    module, folder = module_of(path, files)
    word = secrets.token_hex(16)
    asked = {
        "word": word,
        "module": module,
        "path": list(dict.fromkeys((folder or ".", ".", "src"))),
        "owner": owner,
        "examples": [list(asdict(example).values()) for example in examples],
        "seconds": SECONDS,
    }
    wall = min(60.0, 10.0 + SECONDS * len(examples))
    job = Job(
        "python",
        {**files, _DRIVER: _driver()},
        entry=_DRIVER,
        stdin=json.dumps(asked),
        limits=Limits(wall_seconds=wall, cpu_seconds=wall),
        site_packages=True,
    )
    outcome = run(job)
    if outcome.status is Status.REFUSED:
        raise UsageError(f"generated code is not run here: {outcome.reason}")
    for line in reversed(outcome.stdout.splitlines()):
        if line.startswith(word):
            report = json.loads(line.removeprefix(word))
            return Tried(report["import"], tuple(report["examples"]))
    return Tried(outcome.reason or "it ended before its report")


@functools.cache
def _driver() -> str:
    return resources.files("assistant.commands.checking").joinpath("driver.py").read_text("utf-8")
