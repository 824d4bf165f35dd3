"""Running something beside a project's files, and what the driver of examples is asked there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib import resources
from typing import Any

from assistant.commands.checking.examples import Example
from assistant.commands.checking.project import import_folders, module_of
from assistant.errors import UsageError
from assistant.sandbox import Job, Outcome, Status

DRIVER = "assistant_driver.py"


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


class TooBusy(UsageError):
    """The sandbox did not start in time: nothing is known of what was to be tried."""


def ran(run: Callable[[Job], Outcome], job: Job) -> Outcome:
    """How ``job`` ended. Raises UsageError where the sandbox refuses it, TooBusy."""
    outcome = run(job)
    if outcome.status is Status.BUSY:
        raise TooBusy(f"it was not tried: {outcome.reason}")
    if outcome.status is Status.REFUSED:
        raise UsageError(f"generated code is not run here: {outcome.reason}")
    return outcome


@functools.cache
def source_of(name: str) -> str:
    """One of the files of this package that are laid beside the project."""
    return resources.files("assistant.commands.checking").joinpath(name).read_text("utf-8")
