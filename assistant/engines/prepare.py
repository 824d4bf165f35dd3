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

from assistant.config import Settings
from assistant.engines import models
from assistant.engines.protocol import Progress
from assistant.errors import AssistantError
from assistant.registry import add_plugins


def main(device: str) -> int:
    settings = Settings.model_validate_json(os.environ["ASSISTANT_HANDOVER"])
    add_plugins(settings.plugins)
    last = ("", 0.0)

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


def say(payload: object) -> None:
    sys.stdout.write(json.dumps(payload) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
