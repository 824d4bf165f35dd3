"""A module that code needs and the project's environment has not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from assistant.sandbox import PythonEnvironment

_SAID = re.compile(r"\bNo module named '?([\w.]+)")
_NEEDS = "needs `"


def lacking(said: str, python: PythonEnvironment, files: Mapping[str, object]) -> str:
    """What to do about an error that is about a module which neither ``python`` nor the project's
    ``files`` have, in one line; empty where ``said`` is about anything else."""
    found = _SAID.search(said)
    if found is None:
        return ""
    top = found[1].split(".")[0]
    paths = map(PurePosixPath, files)
    if any(top in path.parts[:-1] or path.stem == top for path in paths):
        return ""
    return f"{_NEEDS}{top}`: {python.advice}" if python.advice else ""


def is_lacking(why: str) -> bool:
    """Whether ``why`` came from :func:`lacking`, or is about a module of the project itself."""
    return why.startswith(_NEEDS) or "ModuleNotFoundError" in why
