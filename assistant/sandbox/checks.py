"""What ``assistant doctor`` says of the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from assistant.errors import AssistantError, UsageError
from assistant.sandbox import bubblewrap
from assistant.sandbox.environments import find
from assistant.sandbox.interpreter import has_pytest, lends_pytest
from assistant.sandbox.language import runtimes
from assistant.sandbox.refusal import Refused
from assistant.sandbox.runner import unavailable
from assistant.sandbox.types import Job


def sandbox() -> tuple[str, str]:
    """Whether generated code can be run here: a detail, and what to do where it cannot."""
    fault = unavailable()
    if fault:
        return "generated code is not run", fault
    here, missing = [], []
    for runtime in runtimes:
        try:
            name = f"main{runtime.suffixes[0]}"
            runtime.plan(Job(runtime.name, {name: ""}, name))
        except (Refused, AssistantError, OSError):
            missing.append(runtime.name)
        else:
            here.append(runtime.name)
    without = f"; no toolchain for {', '.join(missing)}" if missing else ""
    return f"{bubblewrap.find()}: {', '.join(here)}{without}", ""


def environment(root: Path, setting: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Which Python the code of the project in ``root`` runs with: a detail, and what to do."""
    try:
        found = find(root, setting, environ)
    except UsageError as error:
        return f"{root}: its code is not run", str(error)
    python = found.python
    notes = list(found.notes)
    pytest = ""
    if lends_pytest(python):
        pytest = "; pytest is lent to it"
    elif not has_pytest(python):
        notes.append(f"it has no pytest, so tests are not run: {python.advice}")
    return f"{root}: {python.name} (Python {python.version}){pytest}", "; ".join(notes)
