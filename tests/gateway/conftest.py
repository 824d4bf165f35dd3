"""A fake engine and a gateway a test file; ``start`` is for those with settings of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_control import FakeControl
from gateway_door import Door, Place, environment

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "tests" / "support"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A fake engine that listens, and an empty state folder."""
    folder = tmp_path_factory.mktemp("gateway")
    control = FakeControl(folder)
    env = environment(folder / "home", control, SUPPORT, ROOT)
    # It signs its list of models as vLLM does, so that the gateway sends vLLM's fields.
    command = [sys.executable, str(SUPPORT / "fake_engine.py"), "--owner", "vllm"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as engine:
        assert engine.stdout is not None
        port = int(engine.stdout.readline().split()[1])
        yield Place(folder / "home", control, f"http://127.0.0.1:{port}/v1", env)
        engine.kill()


@pytest.fixture(autouse=True)
def _fresh(place: Place) -> None:
    """No rule, delay or request of the test before."""
    place.engine.reset()


@pytest.fixture
def engine(place: Place) -> FakeControl:
    return place.engine


@pytest.fixture(scope="module")
def door(place: Place) -> Iterator[Door]:
    """A gateway with default settings."""
    started = place.start()
    yield started
    started.end()


@pytest.fixture
def start(place: Place) -> Iterator[Callable[..., Door]]:
    """``Place.start``; what it starts ends with the test."""
    doors: list[Door] = []

    def run(*arguments: str, **options: str) -> Door:
        doors.append(place.start(*arguments, **options))
        return doors[-1]

    yield run
    for one in doors:
        if one.process.poll() is None:
            one.end()
