"""A test's handle on the fake engine: what it should answer, and what it was asked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class FakeControl:
    """Writes the fake engine's script and reads its log, in ``folder``.

    Both may be used before and after the engine has started: it reads the script again at
    every request.
    """

    def __init__(self, folder: Path) -> None:
        self.script_path = folder / "fake-script.json"
        self.log_path = folder / "fake-log.jsonl"
        self._script: dict[str, Any] = {}
        self.configure()

    def configure(self, **keys: Any) -> None:
        """Set keys of the script (see ``fake_engine.DEFAULTS``), for example
        ``chunk_delay_ms=50, default="x = 1"``."""
        self._script.update(keys)
        part = self.script_path.with_suffix(".part")
        part.write_text(json.dumps(self._script), encoding="utf-8")
        part.replace(self.script_path)

    def reset(self) -> None:
        """Forget the script and what was asked; an engine that runs goes on."""
        self._script = {}
        self.configure()
        self.log_path.unlink(missing_ok=True)

    def answer(self, pattern: str, text: str) -> None:
        """Answer ``text`` to prompts in which the regex ``pattern`` is found."""
        self.configure(rules=[*self._script.get("rules", []), [pattern, text]])

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """The log so far: ``start``, ``request`` and ``end`` entries, oldest first."""
        try:
            lines = self.log_path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        events = [json.loads(line) for line in lines]
        return [e for e in events if not kind or e["event"] == kind]

    def requests(self) -> list[dict[str, Any]]:
        """Bodies of the completions asked for, without those by which an engine is warmed up."""
        return [e["body"] for e in self.events("request") if e["body"].get("user") != "warm-up"]

    def aborted(self) -> list[int]:
        """Ids of the requests whose client left before the answer was complete."""
        return [e["id"] for e in self.events("end") if e["aborted"]]

    def wait_for(self, condition: Callable[[], Any], seconds: float = 10.0) -> Any:
        """Poll until ``condition()`` is true and return its value; fails after ``seconds``."""
        end = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds} s in vain; log: {self.events()[-5:]}")
            time.sleep(0.02)
        return value
