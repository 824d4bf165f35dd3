"""Batch work makes way for typing, and loses nothing."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
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


def typed_after(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor, chunks: int, body: dict[str, Any]
) -> dict[str, Any]:
    """The answer to a batch completion during which somebody typed once so many chunks of it had
    come; what the engine says is configured before."""
    asked = pool.submit(door.post, "/v1/completions", body, headers=BATCH)
    engine.wait_for(lambda: len(engine.events("chunk")) >= chunks)
    assert door.post("/v1/completions", {"prompt": "typed"}).status_code == 200
    said: dict[str, Any] = asked.result(timeout=30).json()
    return said


def test_without_max_tokens_the_engines_own_limit_holds_for_both_parts(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor
) -> None:
    engine.answer("typed", "x")
    engine.configure(default=" ".join("abcdefghijklmnopqrst"), chunk_delay_ms=40, chunks=True)
    said = typed_after(door, engine, pool, 5, {"prompt": "count"})
    first, second = requests(engine)
    assert "max_tokens" not in first
    written = 16 - second["max_tokens"]
    assert written >= 5
    assert said["usage"]["completion_tokens"] == 16


def test_one_that_has_said_why_it_ends_is_not_asked_again(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor
) -> None:
    engine.answer("typed", "x")
    engine.answer("countone", "AND MORE")
    engine.configure(default="one", chunk_delay_ms=3000, chunks=True)
    said = typed_after(door, engine, pool, 1, {"prompt": "count", "max_tokens": 50})
    assert len(engine.aborted()) == len(requests(engine)) == 1
    assert (said["choices"][0]["text"], said["choices"][0]["finish_reason"]) == ("one", "stop")
    assert said["usage"]["completion_tokens"] == 1


@pytest.mark.parametrize("stream", [False, True])
def test_one_that_has_all_its_tokens_is_not_asked_again(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor, stream: bool
) -> None:
    engine.answer("typed", "x")
    engine.configure(default="a b c d", chunk_delay_ms=600, chunks=True)
    options = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    body = {"prompt": "count", "max_tokens": 3, **options}
    asked = pool.submit(door.post, "/v1/completions", body, headers=BATCH)
    engine.wait_for(lambda: len(engine.events("chunk")) >= 3)
    assert door.post("/v1/completions", {"prompt": "typed"}).status_code == 200
    answer = asked.result(timeout=30)
    assert len(engine.aborted()) == len(requests(engine)) == 1
    if not stream:
        assert answer.json()["choices"][0]["text"] == "a b"
        assert answer.json()["usage"]["completion_tokens"] == 3
        return
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    events = [json.loads(line) for line in lines[:-1]]
    assert lines[-1] == "[DONE]"
    assert "".join(e["choices"][0]["text"] for e in events if e["choices"]) == "a b"
    assert events[-2]["choices"][0]["finish_reason"] == "length"
    assert events[-1]["usage"]["completion_tokens"] == 3


def test_a_stream_that_thinks_is_not_interrupted(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor
) -> None:
    engine.answer("typed", "x")
    engine.configure(thinks="hm")
    answer = interrupted(door, engine, pool, "/v1/chat/completions", chat(stream=True))
    assert not engine.aborted()
    assert len(requests(engine)) == 1
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    deltas = [json.loads(line)["choices"][0]["delta"] for line in lines[:-1]]
    assert deltas[0] == {"reasoning": "hm"}
    assert "".join(delta.get("content", "") for delta in deltas) == LONG


def test_a_whole_answer_that_thinks_keeps_its_thoughts(door: Door, engine: FakeControl) -> None:
    engine.configure(thinks="hm", default=LONG)
    said = door.post("/v1/chat/completions", chat(), headers=BATCH).json()
    message = said["choices"][0]["message"]
    assert message == {"role": "assistant", "content": LONG, "reasoning": "hm"}
    assert [bool(body.get("stream")) for body in requests(engine)] == [True, False]


def test_a_slow_reader_loses_nothing(door: Door, engine: FakeControl) -> None:
    words = " ".join(f"W{number:03d}" + "x" * 30_000 for number in range(300))
    engine.configure(rules=[["typed", "y"], [r"W\d\d\d", "END"], ["count", words]], chunks=True)
    body = json.dumps({"prompt": "count", "max_tokens": 2000, "stream": True}).encode()
    host, port = door.url.removeprefix("http://").split(":")
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((host, int(port)))
        slow.settimeout(20)
        slow.sendall(
            b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nX-Assistant-Priority: batch\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )
        sizes = [0, 1]

        def stuck() -> bool:
            """Whether the engine has written nothing more for half a second."""
            size = engine.log_path.stat().st_size if engine.log_path.exists() else 0
            sizes.append(size)
            return len(sizes) > 30 and size > 0 and len(set(sizes[-25:])) == 1

        engine.wait_for(stuck, 30)
        assert door.post("/v1/completions", {"prompt": "typed"}).status_code == 200
        got = b""
        while not got.endswith(b"0\r\n\r\n") and (part := slow.recv(1 << 20)):
            got += part
    seen = [int(number) for number in re.findall(rb'"text": "W(\d\d\d)x', got)]
    assert seen == list(range(len(seen)))
    assert 0 < len(seen) < 300
    assert b'"text": "END"' in got
    again = [b for b in engine.requests() if b["priority"] == 3][1]["prompt"]
    assert int(re.findall(r"W(\d\d\d)x", again)[-1]) == seen[-1]


@pytest.mark.parametrize("stream", [False, True])
def test_media_work_that_has_not_begun_to_answer_starts_over_three_times_at_most(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor, stream: bool
) -> None:
    engine.answer("typed", "x")
    engine.configure(default=LONG, first_delay_ms=800)
    media = {"X-Assistant-Priority": "media"}
    body = chat(stream=stream)
    asked = pool.submit(door.post, "/v1/chat/completions", body, headers=media, timeout=60)

    def times(least: int) -> bool:
        return len([body for body in engine.requests() if body["priority"] == 2]) >= least

    for number in (1, 2, 3, 4):
        engine.wait_for(partial(times, number))
        assert door.post("/v1/completions", {"prompt": "typed"}).status_code == 200
    assert asked.result(timeout=60).status_code == 200
    assert not times(5)
    assert len(engine.aborted()) == 3


def test_media_work_that_has_begun_to_answer_stays(
    door: Door, engine: FakeControl, pool: ThreadPoolExecutor
) -> None:
    engine.answer("typed", "x")
    engine.configure(default=LONG, chunk_delay_ms=40, chunks=True)
    media = {"X-Assistant-Priority": "media"}
    asked = pool.submit(door.post, "/v1/chat/completions", chat(stream=True), headers=media)
    engine.wait_for(lambda: len(engine.events("chunk")) >= 3)
    door.post("/v1/completions", {"prompt": "typed"})
    assert asked.result(timeout=30).text.rstrip().endswith("data: [DONE]")
    assert not engine.aborted()


def test_chat_is_not_interrupted(door: Door, engine: FakeControl, pool: ThreadPoolExecutor) -> None:
    engine.configure(default=LONG, chunk_delay_ms=40, chunks=True)
    asked = pool.submit(door.post, "/v1/chat/completions", chat(stream=True))
    engine.wait_for(lambda: len(engine.events("chunk")) >= 3)
    door.post("/v1/completions", {"prompt": "typed", "max_tokens": 1})
    assert asked.result(timeout=30).text.rstrip().endswith("data: [DONE]")
    assert not engine.aborted()
