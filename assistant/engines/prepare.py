"""Fetching and converting a model in a process of its own, for the supervisor.

    python -m assistant.engines.prepare DEVICE      (ASSISTANT_HANDOVER: settings as JSON)

Prints JSON lines: ``{"progress": …}`` for each step, then ``{"model": …}`` or
``{"error": "one line"}``. As a process it can be stopped at any point, whatever it waits for.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from typing import TextIO

from assistant.engines import models
from assistant.engines.protocol import Progress
from assistant.errors import AssistantError
from assistant.registry import add_plugins
from assistant.settings import Settings


def main(device: str) -> int:
    with _own_stdout() as lines:
        return prepare(device, lines)


def _own_stdout() -> TextIO:
    """The real stdout, for the protocol alone: whatever else prints goes to stderr."""
    sys.stdout.flush()
    own = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(own, "w", encoding="utf-8")


def prepare(device: str, lines: TextIO) -> int:
    """Write the module's JSON lines to ``lines``; gives the exit status."""
    settings = Settings.model_validate_json(os.environ["ASSISTANT_HANDOVER"])
    add_plugins(settings.plugins)
    last = ("", 0.0)

    def say(payload: object) -> None:
        lines.write(json.dumps(payload) + "\n")
        lines.flush()

    def report(progress: Progress) -> None:
        nonlocal last
        # A download reports every piece; ten lines a second are enough for a bar.
        now = time.monotonic()
        if progress.fraction in (None, 0.0, 1.0) or last[0] != progress.stage or now > last[1]:
            last = (progress.stage, now + 0.1)
            say({"progress": asdict(progress)})

    try:
        model = models.resolve(settings, device, report)
    except AssistantError as error:
        say({"error": str(error)})
        return 1
    say({"model": {**asdict(model), "path": str(model.path)}})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
