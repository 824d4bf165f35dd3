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
    engine.configure(sleeps="vllm", first_delay_ms=1200)
    door = start(*IDLE)
    assert complete(door) == 200
    assert [e["event"] for e in engine.events() if e["event"] in ("sleep", "end")][-1] == "end"


def test_engines_of_one_device_start_in_turn_and_others_at_once(
    start: Callable[..., Door], engine: FakeControl
) -> None:
    engine.configure(start_delay_ms=700)
    more = [f"engines.{name}.backend='fake'" for name in ("b", "c", "far")]
    models = [f"engines.{name}.model='model-{name}'" for name in ("b", "c", "far")]
    door = start("engine.fim=qwen2.5-coder", *more, *models, "engines.far.device=elsewhere")
    refused = door.post("/v1/completions", {"model": "model-c", "prompt": "x"})
    assert refused.status_code == 503
    assert "waits for another engine" in refused.json()["error"]["message"]
    engine.wait_for(lambda: door.get("/ready").json()["engines"]["c"] == "ready")
    events = engine.events()
    asked = [e["body"]["model"] for e in events if e["event"] == "request"]
    mine = [model for model in dict.fromkeys(asked) if model != "model-far"]
    assert mine[1:] == ["model-b", "model-c"]
    # The start of each came after the first answer of the one before.
    kinds = [e["event"] for e in events if e["event"] in ("start", "request")]
    assert kinds[:2] == ["start", "start"]
    first = next(n for n, e in enumerate(events) if e.get("body", {}).get("model") == "model-b")
    started = [n for n, e in enumerate(events) if e["event"] == "start"]
    assert len(started) == 4
    assert started[3] > first


def test_a_plan_that_does_not_fit_starts_nothing(
    start: Callable[..., Door], engine: FakeControl
) -> None:
    plan = ("gateway.device_gib={main = 79}", "engine.memory_gib=43", "engines.b.backend='fake'")
    with pytest.raises(AssertionError, match=r"this plan needs 83 GiB of 79 on main"):
        start(*plan, "engines.b.memory_gib=40", "engines.b.model=model-b")
    assert not engine.events("start")
