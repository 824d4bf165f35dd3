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
from assistant.sandbox import Job, Limits, Outcome, Status

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


def roomy(seconds: float) -> Limits:
    """Limits for what a compiler or a virtual machine runs, in ``seconds`` of CPU time: others may
    keep the machine busy, so by the clock it gets four times that."""
    return Limits(
        wall_seconds=4 * seconds,
        cpu_seconds=seconds,
        memory_bytes=2 << 30,
        processes=256,
        disk_bytes=128 << 20,
        output_bytes=8 << 20,
    )


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
