"""What ``assistant doctor`` says of the sandbox."""

from __future__ import annotations

from assistant.errors import AssistantError
from assistant.sandbox import bubblewrap
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
