"""The gateway in front of two replicas behind vllm-router, one of which is killed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fake_control import FakeControl
from gateway_door import Door, Place

pytestmark = pytest.mark.slow
USERS = 6


def cards(home: Path) -> list[dict[str, Any]]:
    found = list((home / "run").glob("*.replicas.json"))
    return json.loads(found[0].read_text())["replicas"] if found else []


@pytest.fixture
def door(start: Callable[..., Door], place: Place, engine: FakeControl) -> Door:
    door = start("engine.replicas=2", "gateway.inline={slots=16, queue=32, patience=30}")
    engine.wait_for(lambda: _states(place) == ["ready", "ready"], 30)
    engine.log_path.unlink()
    return door


def _states(place: Place) -> list[str]:
    return [card["state"] for card in cards(place.home)]


def ask(door: Door, user: int) -> tuple[int, str]:
    """Status and text of one stream, its prompt unlike those of the other users."""
    body = {"prompt": f"user {user} " * 50, "stream": True, "max_tokens": 20}
    answer = door.post("/v1/completions", body)
    return answer.status_code, answer.text


def killed(place: Place) -> int:
    """Kill the replica that was there first; its guard's process id."""
    pid = int(cards(place.home)[0]["pid"])
    os.kill(pid, signal.SIGKILL)
    return pid


def test_no_request_is_lost_whose_answer_had_not_begun(
    door: Door, place: Place, engine: FakeControl
) -> None:
    # As with vLLM, the headers are there at once, the first token after the prefill.
    engine.configure(default="a b c", headers_first=True, first_delay_ms=1000)
    with ThreadPoolExecutor(USERS) as pool:
        answers = pool.map(lambda user: ask(door, user), range(USERS))
        engine.wait_for(lambda: len(engine.events("request")) == USERS)
        assert len({e["pid"] for e in engine.events("request")}) == 2
        pid = killed(place)
        assert all(status == 200 and "[DONE]" in text for status, text in answers)
    assert len(engine.events("request")) > USERS
    engine.configure(first_delay_ms=0)
    engine.wait_for(lambda: _states(place) == ["ready", "ready"], 30)
    assert cards(place.home)[0]["pid"] != pid
    assert ask(door, 1)[0] == 200


def test_a_stream_that_had_begun_ends_with_an_error_and_the_next_request_works(
    door: Door, place: Place, engine: FakeControl
) -> None:
    engine.configure(default="a b c d e f g h", chunk_delay_ms=300)
    with ThreadPoolExecutor(USERS) as pool:
        answers = pool.map(lambda user: ask(door, user), range(USERS))
        engine.wait_for(lambda: len(engine.events("request")) == USERS)
        served = [e["pid"] for e in engine.events("request")]
        killed(place)
        texts = [text for _, text in answers]
    broken = [text for text in texts if "engine_failed" in text]
    assert 0 < len(broken) < USERS
    assert len(broken) <= max(served.count(pid) for pid in served)
    assert all(text.rstrip().endswith("data: [DONE]") for text in texts)
    engine.configure(chunk_delay_ms=0)
    assert ask(door, 1)[0] == 200


def test_a_completion_of_the_product_is_asked_of_another_replica(
    door: Door, place: Place, engine: FakeControl
) -> None:
    engine.configure(default="load(path)", headers_first=True, first_delay_ms=1000)

    def complete(user: int) -> tuple[int, str]:
        body = {"input_prefix": f"# user {user}\n" * 50 + "x = ", "input_suffix": "\n"}
        answer = door.post("/infill", body)
        return answer.status_code, answer.json().get("content", answer.text)

    with ThreadPoolExecutor(USERS) as pool:
        answers = pool.map(complete, range(USERS))
        engine.wait_for(lambda: len(engine.events("request")) == USERS)
        assert len({event["pid"] for event in engine.events("request")}) == 2
        killed(place)
        assert list(answers) == [(200, "load(path)")] * USERS
    assert len(engine.events("request")) > USERS
