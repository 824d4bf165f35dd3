"""What the status page is told: /status.json, and the page's own headers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from fake_control import FakeControl
from gateway_door import Door
from hypothesis import given
from hypothesis import strategies as st

from assistant.gateway.history import SPAN, SPANS, Latency, quantile

SECRET = "def very_secret_name(argument):"


def status(door: Door) -> dict[str, Any]:
    answer = door.get("/status.json")
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.slow
def test_it_tells_of_requests_without_their_text(
    start: Callable[..., Door], engine: FakeControl
) -> None:
    door = start()
    engine.answer("secret", "return very_secret_answer")
    assert door.post("/v1/completions", {"prompt": SECRET}).status_code == 200
    asked = {"messages": [{"role": "user", "content": SECRET}]}
    assert door.post("/v1/chat/completions", asked).status_code == 200
    door.post("/v1/completions", {"prompt": SECRET, "model": "gpt-9"})
    door.get("/health")
    door.get("/v1/models")
    found = status(door)
    refused, chat, inline = found["recent"]
    assert (refused["status"], refused["outcome"]) == (404, "model_not_found")
    assert (chat["kind"], inline["kind"]) == ("chat", "inline")
    assert (inline["key"], inline["model"], inline["status"]) == ("local", "fake", 200)
    assert 0 < inline["first_byte_ms"] <= inline["ms"]
    assert inline["generated_tokens"] == 3
    assert found["sums"] == {
        "requests": 3,
        "refused": 1,
        "failed": 0,
        "superseded": 0,
        "gone": 0,
    }
    (main,) = found["engines"]
    assert (main["name"], main["model"], main["state"]) == ("main", "fake", "ready")
    assert main["tokens"]["prompt"] == inline["prompt_tokens"] + chat["prompt_tokens"]
    lanes = {lane["kind"]: lane for lane in found["devices"][0]["kinds"]}
    assert list(lanes) == ["inline", "chat", "media", "batch"]
    assert lanes["inline"]["running"] == lanes["inline"]["waiting"] == 0
    (point,) = found["latency"]["kinds"]["inline"]
    assert point[1] == 1
    assert point[2] == point[3] <= point[4] == point[5]
    assert "secret" not in json.dumps(found)


@pytest.mark.slow
def test_an_engine_that_is_not_there_is_shown(start: Callable[..., Door], place: Any) -> None:
    away = 'engines.away.url="http://127.0.0.1:9/v1"'
    door = start(f"engine.url={place.engine_url}", away, "engines.away.device=gpu0")
    found = status(door)
    assert [engine["name"] for engine in found["engines"]] == ["main", "away"]
    assert found["engines"][1]["state"] in ("starting", "failed")
    assert [device["device"] for device in found["devices"]] == ["main", "gpu0"]


@pytest.mark.slow
def test_the_page_is_whole_and_lets_nothing_else_in(door: Door) -> None:
    answer = door.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "{{" not in answer.text
    assert not re.search(r"(src|href)=\"(?!data:)", answer.text)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import", answer.text)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.5, 0.95]))
def test_a_quantile_is_a_value_that_so_many_do_not_exceed(values: list[float], q: float) -> None:
    found = quantile(sorted(values), q)
    assert found in values
    assert sum(v <= found for v in values) >= q * len(values) - 1e-6
    assert sum(v < found for v in values) < q * len(values) + 1e-6


def test_latency_is_bounded_and_forgets() -> None:
    latency = Latency()
    for at in range(10 * SPANS):
        for _ in range(700):
            latency.add(at * SPAN, 0.1, 0.2)
    now = (10 * SPANS - 1) * SPAN
    points = latency.points(now)
    assert len(points) == SPANS
    assert points[-1].requests == 700
    assert points[-1].total_p95 == 200
    assert len(latency.points(now + 3 * SPAN)) == SPANS - 3
    assert latency.points(now + 2 * SPANS * SPAN) == []
