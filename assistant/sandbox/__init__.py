"""Running code that nobody has read.

    outcome = run(Job("python", {"main.py": code}, entry="main.py"))

Without bubblewrap nothing is run: the outcome is ``refused``.
"""

from assistant.sandbox.runner import run, unavailable
from assistant.sandbox.types import Job, Limits, Outcome, Status, Usage

__all__ = ["Job", "Limits", "Outcome", "Status", "Usage", "run", "unavailable"]
