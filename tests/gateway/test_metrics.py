"""/metrics: the gateway's own figures, as Prometheus reads them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest
from fake_control import FakeControl
from gateway_door import Door, Place
from prometheus_page import read, requests, value

pytestmark = pytest.mark.slow


@pytest.fixture
def one(start: Callable[..., Door]) -> Door:
    """A gateway that has counted nothing yet."""
    return start()


def test_requests_are_counted_with_their_tokens(one: Door, engine: FakeControl) -> None:
    engine.configure(default="a b c")
    for prompt in ("def f", "def f", "def f(x)"):
        assert one.post("/v1/completions", {"prompt": prompt}).status_code == 200
    asked = {"messages": [{"role": "user", "content": "hello"}]}
    assert one.post("/v1/chat/completions", asked).status_code == 200
    found = read(one)
    assert requests(found, path="/v1/completions", kind="inline", status="200", outcome="ok") == 3
    assert requests(found, path="/v1/chat/completions", kind="chat") == 1
    model = {"engine": "main", "model": "fake"}
    assert value(found, "gateway_generated_tokens_total", **model) == 20
    assert value(found, "gateway_prompt_tokens_total", **model) > 0
    assert value(found, "gateway_cached_tokens_total", **model) > 0
    inline = {"kind": "inline", "engine": "main"}
    for name in ("queue", "first_byte", "request"):
        assert value(found, f"gateway_{name}_seconds_count", **inline) == 3
    first = value(found, "gateway_first_byte_seconds_sum", **inline)
    assert 0 < first <= value(found, "gateway_request_seconds_sum", **inline)


def test_refusals_are_counted_by_reason(one: Door) -> None:
    assert one.post("/v1/completions", {"prompt": "x", "model": "gpt-9"}).status_code == 404
    assert one.post("/v1/completions", {"prompt": 3}).status_code == 400
    found = read(one)
    assert value(found, "gateway_refused_total", reason="model_not_found") == 1
    assert value(found, "gateway_refused_total", reason="invalid_body") == 1
    assert requests(found, kind="none", status="404", outcome="model_not_found") == 1


def test_labels_are_bounded(one: Door, engine: FakeControl) -> None:
    for number in range(5):
        assert one.get(f"/secret/{number}").status_code == 404
        one.post("/v1/completions", {"prompt": "x", "model": f"model-{number}"})
    found = read(one)
    assert requests(found, path="other") == 5
    labels = {v for _, has in found for _, v in has}
    assert not [v for v in labels if "secret" in v or "model-" in v]


def test_what_waits_and_who_left_is_seen(start: Callable[..., Door], engine: FakeControl) -> None:
    door = start("gateway.inline={slots=1, queue=4, patience=30}", "gateway.drain_seconds=1")
    engine.configure(default="word " * 400, chunk_delay_ms=50)

    def ask(document: str, seconds: float = 60) -> None:
        headers = {"X-Assistant-Document": document}
        body = {"prompt": "x", "max_tokens": 400, "stream": True}
        with suppress(httpx.TimeoutException), httpx.Client(base_url=door.url) as http:
            http.post("/v1/completions", json=body, headers=headers, timeout=seconds)

    def begin(document: str) -> None:
        threading.Thread(target=ask, args=(document,), daemon=True).start()

    begin("a.py")
    engine.wait_for(engine.requests)
    begin("b.py")
    lane = {"device": "main", "kind": "inline"}
    engine.wait_for(lambda: value(read(door), "gateway_waiting", **lane) == 1)
    found = read(door)
    assert value(found, "gateway_active", **lane) == 1
    assert value(found, "gateway_slots", **lane) == 1
    # The same document again: that one goes. Whoever then loses patience goes too.
    begin("b.py")
    engine.wait_for(lambda: value(read(door), "gateway_superseded_total") == 1)
    ask("c.py", seconds=0.2)
    engine.wait_for(lambda: value(read(door), "gateway_aborted_total", kind="inline") == 1)
    assert value(read(door), "gateway_refused_total", reason="superseded") == 1


def test_an_answer_to_the_end_is_nobody_leaving(one: Door, engine: FakeControl) -> None:
    engine.configure(default="a b c")
    batch = {"X-Assistant-Priority": "batch"}
    for headers in ({}, batch):
        for stream in (False, True):
            body = {"prompt": "x", "stream": stream}
            one.post("/v1/completions", body, headers=headers)
    found = read(one)
    assert requests(found, outcome="ok", status="200", path="/v1/completions") == 4
    assert requests(found, outcome="gone") == 0


def test_cached_tokens_of_batch_work_are_counted(one: Door, engine: FakeControl) -> None:
    engine.configure(default="a b c")
    for _ in range(2):
        one.post(
            "/v1/completions",
            {"prompt": "batch asks for this alone"},
            headers={"X-Assistant-Priority": "batch"},
        )
    found, tokens = read(one), {"engine": "main", "model": "fake"}
    cached = value(found, "gateway_cached_tokens_total", **tokens)
    assert cached == value(found, "gateway_prompt_tokens_total", **tokens) / 2 > 0


def test_events_of_completions_are_counted(one: Door) -> None:
    event = {"type": "select", "completion_id": "c", "choice_index": 0}
    assert one.post("/v1/events", event).status_code == 200
    assert value(read(one), "gateway_completion_events_total", event="select") == 1


def test_metrics_are_for_admins(place: Place, start: Callable[..., Door]) -> None:
    def key(name: str, scopes: str) -> str:
        made = place.assistant("keys", "add", name, "--scopes", scopes, "--json")
        return str(json.loads(made.stdout)["key"])

    user, admin = key("user", "complete,chat"), key("admin", "admin")
    try:
        door = start()
        for path in ("/metrics", "/status.json"):
            assert door.get(path).status_code == 401
            for secret, status in ((user, 403), (admin, 200)):
                headers = {"Authorization": f"Bearer {secret}"}
                assert door.get(path, headers=headers).status_code == status
        assert door.get("/").status_code == 200
    finally:
        for name in ("user", "admin"):
            place.assistant("keys", "remove", name)
