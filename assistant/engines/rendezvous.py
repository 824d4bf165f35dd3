"""How clients and the supervisor of one engine find each other.

Below ``run/``: ``KEY.sock`` where the supervisor listens, ``KEY.lock`` that it holds while
it lives, ``KEY.json`` what it is (for people and for ``assistant doctor``). ``KEY`` stands
for the settings that make one engine different from another.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.settings import EngineSettings, Settings

# Clients that differ only in these can share an engine.
SHARED = {
    *("port", "linger", "start_timeout", "url", "api_key", "fim", "tokenizer"),
    *("adapters", "lora", "idle_seconds", "memory_gib"),
}
LONGEST_PATH = 100


def key(settings: Settings) -> str:
    """Twelve hexadecimal digits."""
    engine: EngineSettings = settings.engine
    payload = engine.model_dump(mode="json", exclude=SHARED)
    # Which adapters is told to the running engine; whether there may be any, at its start.
    payload["adapters"] = engine.takes_adapters
    text = json.dumps([payload, sorted(settings.plugins)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def socket_path(name: str) -> Path:
    return paths.folder("run") / f"{name}.sock"


def lock_path(name: str) -> Path:
    return paths.folder("run") / f"{name}.lock"


def card_path(name: str) -> Path:
    return paths.folder("run") / f"{name}.json"


def log_path(name: str) -> Path:
    return paths.folder("log") / f"engine-{name}.log"


def adapters_path(name: str) -> Path:
    """Which adapters the engine's replicas should load when they start: ``{name: folder}``."""
    return paths.folder("run") / f"{name}.adapters.json"


def replicas_path(name: str) -> Path:
    """What the replicas of an engine are doing, as their runner last wrote it:
    ``{"metrics": the router's page, "replicas": [cards]}``."""
    return paths.folder("run") / f"{name}.replicas.json"


def write_card(name: str, **values: Any) -> None:
    """Say what runs here."""
    write(card_path(name), values)


def write(path: Path, values: Any) -> None:
    """JSON, replaced as a whole."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(values), encoding="utf-8")
    part.replace(path)


def read(path: Path) -> Any:
    """What :func:`write` wrote; None where there is nothing, or nothing whole."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """``path``, or a name for it that fits into a socket address (107 bytes on Linux)."""
    if len(os.fsencode(path)) <= LONGEST_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def connect(name: str, timeout: float = 5.0) -> socket.socket | None:
    """A connection to the supervisor of that key; None when none listens."""
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    found.settimeout(timeout)
    try:
        with _short(socket_path(name)) as address:
            found.connect(address)
    except OSError:
        found.close()
        return None
    return found


def listen(name: str) -> socket.socket:
    """The supervisor's socket, in place of whatever a killed one left. Hold the lock first."""
    socket_path(name).unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _short(socket_path(name)) as address:
        made.bind(address)
    made.listen(64)
    return made
