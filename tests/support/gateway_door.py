"""A gateway process under test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fake_control import FakeControl


@dataclass
class Door:
    """A running gateway. ``url`` has no path."""

    process: subprocess.Popen[str]
    url: str
    http: httpx.Client
    log: list[str] = field(default_factory=list)
    """Lines of its stderr so far."""

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def post(self, path: str, body: object, **options: Any) -> httpx.Response:
        return self.http.post(path, json=body, **options)

    def end(self, seconds: float = 30) -> int:
        """Ask it to end; its exit status."""
        self.http.close()
        self.process.terminate()
        return self.process.wait(seconds)


@dataclass
class Place:
    """Where gateways under test run: a state folder, and the fake engine they ask."""

    home: Path
    engine: FakeControl
    engine_url: str
    env: Mapping[str, str]

    def command(self, *arguments: str) -> list[str]:
        """``key=value`` settings, then options of ``serve``; a free port unless one is named."""
        sets = [f"--set={one}" for one in arguments if not one.startswith("--")]
        options = [one for one in arguments if one.startswith("--")]
        if not any(one.startswith("--port") for one in options):
            options.append("--port=0")
        return [sys.executable, "-m", "assistant", *sets, "serve", "--json", *options]

    def start(self, *arguments: str, key: str = "", **env: str) -> Door:
        """A gateway that answers, with the fake engine behind it. ``key`` is sent along."""
        if not any(one.startswith("engine.") for one in arguments):
            arguments = (f"engine.url={self.engine_url}", *arguments)
        process = subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self.env, **env},
        )
        assert process.stdout is not None
        assert process.stderr is not None
        log: list[str] = []
        threading.Thread(target=log.extend, args=(process.stderr,), daemon=True).start()
        for line in process.stdout:
            if "endpoint" in (said := json.loads(line)):
                break
        else:
            raise AssertionError(f"the gateway ended with {process.wait(30)}: {''.join(log)}")
        url = str(said["endpoint"]["url"]).removesuffix("/v1")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return Door(process, url, httpx.Client(base_url=url, timeout=20, headers=headers), log)

    def assistant(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command of the same state folder."""
        return subprocess.run(
            [sys.executable, "-m", "assistant", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=dict(self.env),
        )


def environment(home: Path, control: FakeControl, *paths: Path) -> dict[str, str]:
    """Nobody's settings, and the fake engine's script."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("ASSISTANT_")}
    # From bytecode a process starts in half the time, as it does for users.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return {
        **env,
        "ASSISTANT_HOME": str(home),
        "ASSISTANT_PLUGINS": "fake_engine",
        "ASSISTANT_ENGINE__BACKEND": "fake",
        "ASSISTANT_ENGINE__LINGER": "0",
        "ASSISTANT_ENGINE__FIM": "qwen2.5-coder",
        "FAKE_ENGINE_SCRIPT": str(control.script_path),
        "FAKE_ENGINE_LOG": str(control.log_path),
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
    }
