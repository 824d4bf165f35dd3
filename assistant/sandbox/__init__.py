"""Running code that nobody has read.

    outcome = run(Job("python", {"main.py": code}, entry="main.py"))

Without bubblewrap nothing is run: the outcome is ``refused``.
"""

from assistant.sandbox.runner import run, stoppable, unavailable
from assistant.sandbox.types import Job, Limits, Outcome, PythonEnvironment, Status, Usage

__all__ = [
    "Job",
    "Limits",
    "Outcome",
    "PythonEnvironment",
    "Status",
    "Usage",
    "run",
    "stoppable",
    "unavailable",
]
