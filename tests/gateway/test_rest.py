"""Engines that nobody asks: asleep or unloaded, and back with the next request."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fake_control import FakeControl
from gateway_door import Door

pytestmark = pytest.mark.slow

IDLE = ("engine.idle_seconds=0.5", "engine.sleep=true")


def complete(door: Door) -> int:
    return door.post("/v1/completions", {"prompt": "x"}).status_code


@pytest.mark.parametrize("kind", ["vllm", "omni"])
def test_an_idle_engine_sleeps_and_wakes_with_the_next_request(
    start: Callable[..., Door], engine: FakeControl, kind: str
) -> None:
    engine.configure(sleeps=kind)
    door = start(*IDLE)
    engine.wait_for(lambda: engine.events("sleep"))
    (event,) = engine.events("sleep")
    # Level 2, Omni's default, would lose the weights.
    assert (event["kind"], str(event["level"])) == (kind, "1")
    assert not engine.events("wake")
    assert complete(door) == 200
    assert len(engine.events("wake")) == 1
    assert len(engine.events("start")) == 1
    engine.wait_for(lambda: len(engine.events("sleep")) == 2)
    assert complete(door) == 200


def test_one_that_cannot_sleep_is_unloaded_and_started_again(
    start: Callable[..., Door], engine: FakeControl
) -> None:
    door = start(*IDLE)
    engine.wait_for(lambda: door.get("/ready").status_code == 503)
    assert any("cannot sleep here" in line for line in door.log)

    def back() -> bool:
        return complete(door) == 200

    engine.wait_for(back)
    assert len(engine.events("start")) == 2


def test_one_at_work_is_not_idle(start: Callable[..., Door], engine: FakeControl) -> None:
    engine.configure(sleeps="vllm", first_delay_ms=2500)
    door = start(*IDLE)
    assert complete(door) == 200
    assert [e["event"] for e in engine.events() if e["event"] in ("sleep", "end")][-1] == "end"


def test_a_plan_that_does_not_fit_starts_nothing(
    start: Callable[..., Door], engine: FakeControl
) -> None:
    plan = ("gateway.device_gib={main = 79}", "engine.memory_gib=43", "engines.b.backend='fake'")
    with pytest.raises(AssertionError, match=r"this plan needs 83 GiB of 79 on main"):
        start(*plan, "engines.b.memory_gib=40")
    assert not engine.events("start")
