"""The log of a model server, as far as it says what that is at."""

from __future__ import annotations

import os
from pathlib import Path

LOG_TAIL_BYTES = 64_000
MILESTONES = (
    ("Loading safetensors", "reading the weights"),
    ("Starting to load model", "reading the weights"),
    ("init engine", "nearly there"),
    ("Initializing a V1 LLM engine", "starting the engine's core"),
    ("non-default args", "loading vLLM"),
)


def tail(log: Path) -> list[str]:
    """The last lines of a log that may be large."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
            return file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def milestone(log: Path) -> str:
    """What the server is at, in words, by the latest line of its log that says so."""
    for line in reversed(tail(log)):
        for mark, words in MILESTONES:
            if mark in line:
                return words
    return "starting"
