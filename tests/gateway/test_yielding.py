"""Batch work makes way for typing, and loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fake_control import FakeControl
from gateway_door import Door

pytestmark = pytest.mark.slow

BATCH = {"X-Assistant-Priority": "batch"}
LONG = "one two three four five six seven eight"


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def chat(**more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "count"}], "max_tokens": 40, **more}


def interrupted(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor, path: str, body: dict[str, Any]
) -> httpx.Response:
    """The answer to a batch request in whose middle somebody typed."""
    engine.configure(default=LONG, chunk_delay_ms=40, chunks=True)
    asked = pool.submit(door.post, path, body, headers=BATCH)
    engine.wait_for(lambda: len(engine.events("chunk")) >= 3)
    assert door.post("/v1/completions", {"prompt": "typed"}).status_code == 200
    return asked.result(timeout=30)


def requests(engine: FakeControl) -> list[dict[str, Any]]:
    return [body for body in engine.requests() if body["priority"] == 3]


def test_a_chat_goes_on_where_it_was(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor
) -> None:
    engine.answer("assistant: one", " and the rest")
    engine.answer("typed", "x")
    answer = interrupted(door, engine, pool, "/v1/chat/completions", chat())
    said = answer.json()
    first, second = requests(engine)
    assert len(engine.aborted()) == 1
    begun = second["messages"][-1]
    assert begun["role"] == "assistant"
    assert LONG.startswith(begun["content"])
    assert second["continue_final_message"] is True
    assert second["max_tokens"] < first["max_tokens"] == 40
    assert said["choices"][0]["message"]["content"] == begun["content"] + " and the rest"
    assert said["choices"][0]["finish_reason"] == "stop"
    assert said["object"] == "chat.completion"
    written = 40 - second["max_tokens"]
    assert said["usage"]["completion_tokens"] == written + 6


def test_a_stream_goes_on_without_a_seam(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor
) -> None:
    engine.answer("assistant: one", " and the rest")
    engine.answer("typed", "x")
    body = chat(stream=True, stream_options={"include_usage": True})
    answer = interrupted(door, engine, pool, "/v1/chat/completions", body)
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    assert lines.count("[DONE]") == 1
    events = [json.loads(line) for line in lines[:-1]]
    text = "".join(e["choices"][0]["delta"]["content"] for e in events if e["choices"])
    assert text == requests(engine)[1]["messages"][-1]["content"] + " and the rest"
    assert [bool(e.get("usage")) for e in events] == [False] * (len(events) - 1) + [True]


def test_a_completion_goes_on_by_its_prompt(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor
) -> None:
    engine.answer("count: one", " more")
    engine.answer("typed", "x")
    body = {"prompt": "count: ", "max_tokens": 40}
    answer = interrupted(door, engine, pool, "/v1/completions", body)
    second = requests(engine)[1]
    text = second["prompt"].removeprefix("count: ")
    assert text
    assert answer.json()["choices"][0]["text"] == f"{text} more"


def test_what_cannot_go_on_starts_over(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor
) -> None:
    engine.answer("typed", "x")
    body = chat(stop=["nine"], stream=False)
    engine.configure(default=LONG, first_delay_ms=400)
    asked = pool.submit(door.post, "/v1/chat/completions", body, headers=BATCH)
    engine.wait_for(engine.requests)
    engine.configure(first_delay_ms=0)
    assert door.post("/v1/completions", {"prompt": "typed"}).status_code == 200
    said = asked.result(timeout=30).json()
    first, second = requests(engine)
    assert first == second
    assert len(engine.aborted()) == 1
    assert said["choices"][0]["message"]["content"] == LONG


def test_a_stream_that_cannot_go_on_stays(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor
) -> None:
    engine.answer("typed", "x")
    body = chat(stop=["nine"], stream=True)
    answer = interrupted(door, engine, pool, "/v1/chat/completions", body)
    assert not engine.aborted()
    assert len(requests(engine)) == 1
    assert answer.text.rstrip().endswith("data: [DONE]")


def test_chat_is_not_interrupted(door: Door, engine: FakeControl, pool: ThreadPoolExecutor) -> None:
    engine.configure(default=LONG, chunk_delay_ms=40, chunks=True)
    asked = pool.submit(door.post, "/v1/chat/completions", chat(stream=True))
    engine.wait_for(lambda: len(engine.events("chunk")) >= 3)
    door.post("/v1/completions", {"prompt": "typed", "max_tokens": 1})
    assert asked.result(timeout=30).text.rstrip().endswith("data: [DONE]")
    assert not engine.aborted()
