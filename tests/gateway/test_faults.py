"""What goes wrong in practice, and what is left standing afterwards."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil
import pytest
from fake_control import FakeControl
from gateway_door import Door, Place

pytestmark = pytest.mark.slow

BODY = {"prompt": "x", "max_tokens": 50}
CHAT = {"messages": [{"role": "user", "content": "count"}], "max_tokens": 50}
LONG = " ".join(str(number) for number in range(24))


def streamed(door: Door, body: dict[str, Any] = BODY) -> list[str]:
    answer = door.post("/v1/completions", {**body, "stream": True})
    return [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]


def works(door: Door) -> bool:
    return door.post("/v1/completions", BODY).status_code == 200


def hanging(door: Door, body: dict[str, Any]) -> socket.socket:
    """A connection on which that stream was asked for; the test reads it or not."""
    host, port = door.url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    payload = json.dumps({**body, "stream": True}).encode()
    head = f"POST /v1/completions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    connection.sendall(f"{head}Content-Length: {len(payload)}\r\n\r\n".encode() + payload)
    return connection


@pytest.fixture
def managed(start: Callable[..., Door]) -> Door:
    """A gateway that starts its engine itself, and so can start it again."""
    return start("engine.backend=fake", "gateway.silence_seconds=1")


def test_an_engine_killed_in_a_stream_ends_it_and_comes_back(
    managed: Door, engine: FakeControl
) -> None:
    engine.configure(default=LONG, crash_after=1, chunk_delay_ms=5)
    *_, error, done = streamed(managed)
    assert done == "[DONE]"
    assert json.loads(error)["error"]["code"] == "engine_failed"
    engine.configure(crash_after=-1)
    engine.wait_for(lambda: works(managed))


def test_a_whole_answer_from_a_killed_engine_is_an_error(
    managed: Door, engine: FakeControl
) -> None:
    engine.configure(default=LONG, crash_after=1)
    answer = managed.post("/v1/completions", BODY)
    assert answer.status_code in (502, 503)
    assert answer.json()["error"]["type"] == "engine_error"
    engine.configure(crash_after=-1)
    engine.wait_for(lambda: works(managed))


def test_an_engine_that_hangs_is_started_anew(managed: Door, engine: FakeControl) -> None:
    assert works(managed)
    starts = len(engine.events("start"))
    engine.configure(default=LONG, first_delay_ms=60_000)
    answer = managed.post("/v1/completions", BODY)
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "engine_silent"
    engine.configure(first_delay_ms=0)
    engine.wait_for(lambda: len(engine.events("start")) > starts)
    engine.wait_for(lambda: works(managed))


def test_an_engine_that_answers_others_is_not_started_anew(
    managed: Door, engine: FakeControl
) -> None:
    assert works(managed)
    starts = len(engine.events("start"))
    engine.configure(default=LONG, first_delay_ms=60_000)
    with ThreadPoolExecutor(1) as threads:
        waits = threads.submit(managed.post, "/v1/chat/completions", CHAT)
        engine.wait_for(lambda: any("messages" in body for body in engine.requests()))
        engine.configure(first_delay_ms=0)
        while not waits.done():
            managed.post("/v1/completions", {**BODY, "stream": True})
        assert waits.result().json()["error"]["code"] == "engine_silent"
    assert works(managed)
    assert len(engine.events("start")) == starts


def test_an_engine_that_cannot_start_says_why(place: Place, engine: FakeControl) -> None:
    engine.configure(exit_at_start=1)
    done = subprocess.run(
        place.command("engine.backend=fake"),
        capture_output=True,
        text=True,
        check=False,
        env=dict(place.env),
        timeout=90,
    )
    assert done.returncode == 1
    assert "does not stay up" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_client_that_leaves_stops_the_engine(door: Door, engine: FakeControl) -> None:
    engine.configure(default=LONG, chunk_delay_ms=50)
    with door.http.stream("POST", "/v1/completions", json={**BODY, "stream": True}) as answer:
        next(answer.iter_bytes())
    engine.wait_for(engine.aborted)
    assert engine.events("end")[-1]["tokens"] < 20


def test_a_client_that_leaves_before_the_answer_stops_the_engine(
    door: Door, engine: FakeControl
) -> None:
    engine.configure(default=LONG, first_delay_ms=3000)
    with pytest.raises(httpx.ReadTimeout):
        door.post("/v1/completions", BODY, timeout=0.5)
    engine.wait_for(engine.aborted)


def test_a_half_closed_socket_counts_as_left(door: Door, engine: FakeControl) -> None:
    engine.configure(default=LONG, chunk_delay_ms=100)
    with hanging(door, BODY) as connection:
        assert connection.recv(100)
        connection.shutdown(socket.SHUT_WR)
        engine.wait_for(engine.aborted)


def test_a_slow_reader_is_cut_off_and_blocks_nobody(
    start: Callable[..., Door], engine: FakeControl
) -> None:
    door = start("gateway.slow_reader_seconds=0.5")
    # More than the buffers of all the sockets on the way hold.
    engine.configure(default=("w" * 4000 + " ") * 6000, tokens_per_chunk=10)
    with hanging(door, {"prompt": "x", "max_tokens": 1_000_000}):
        engine.wait_for(lambda: len(engine.requests()) == 1)
        engine.configure(default="quick")
        assert works(door)
        engine.wait_for(engine.aborted, seconds=30)


def test_five_hundred_connections(door: Door, engine: FakeControl) -> None:
    engine.configure(default="ok")
    host, port = door.url.removeprefix("http://").split(":")
    idle = [socket.create_connection((host, int(port)), timeout=20) for _ in range(500)]
    try:
        assert works(door)
    finally:
        for connection in idle:
            connection.close()
    assert works(door)


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large(door: Door, engine: FakeControl, declared: bool) -> None:
    block = b'{"prompt": "' + b"x" * (10 << 20) + b'"}'
    content: Any = (
        block if declared else iter([block[i : i + 65536] for i in range(0, len(block), 65536)])
    )
    try:
        answer = door.http.post(
            "/v1/completions", content=content, headers={"Content-Type": "application/json"}
        )
    except (httpx.WriteError, httpx.RemoteProtocolError):
        pass  # it was closed before all was written, which is as good
    else:
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "request_too_large"
    assert not engine.requests()
    assert works(door)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"prompt": "x"',
        b"\xff\xfe",
        b'{"prompt": "\xff"}',
        b'{"prompt": "\\ud800"}',
        b'{"prompt": NaN}',
        b'{"prompt": "x", "temperature": NaN}',
        b'{"prompt": "x", "max_tokens": 1e400}',
        b'{"prompt": "x", "max_tokens": 99999999999999999999999}',
        b"[" * 100_000,
        b'{"prompt": [-1]}',
        b'{"prompt": "x", "extra": "\\udfff"}',
    ],
)
def test_what_is_no_request_is_said(door: Door, engine: FakeControl, content: bytes) -> None:
    answer = door.http.post(
        "/v1/completions", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert not engine.requests()


def test_a_full_queue_refuses_with_a_time(start: Callable[..., Door], engine: FakeControl) -> None:
    door = start("gateway.inline={slots=1, queue=1, patience=20}")
    engine.configure(default="ok", first_delay_ms=500)
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _: door.post("/v1/completions", BODY), range(6)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes.count(200) >= 2
    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert {answer.json()["error"]["code"] for answer in refused} == {"queue_full"}


def test_a_superseded_request_never_reaches_the_engine(
    start: Callable[..., Door], engine: FakeControl
) -> None:
    door = start("gateway.inline={slots=1, queue=9, patience=20}")
    engine.configure(default="ok", first_delay_ms=500)
    same = {"X-Assistant-Document": "a.py"}

    def ask(prompt: str) -> httpx.Response:
        return door.post("/v1/completions", {**BODY, "prompt": prompt}, headers=same)

    with ThreadPoolExecutor(4) as many:
        running = many.submit(ask, "first")
        engine.wait_for(lambda: len(engine.requests()) == 1)
        waiting = many.submit(ask, "second")
        engine.wait_for(lambda: waiting.running())
        time.sleep(0.2)
        newest = many.submit(ask, "third")
        assert waiting.result(20).status_code == 409
        assert running.result(20).status_code == newest.result(20).status_code == 200
    assert [body["prompt"] for body in engine.requests()] == ["first", "third"]


def test_sigterm_lets_streams_end(start: Callable[..., Door], engine: FakeControl) -> None:
    door = start()
    engine.configure(default=LONG, chunk_delay_ms=40)
    with ThreadPoolExecutor(1) as other:
        lines = other.submit(streamed, door)
        engine.wait_for(engine.requests)
        door.process.terminate()
        assert lines.result(20)[-1] == "[DONE]"
        assert not any("error" in line for line in lines.result())
    assert door.process.wait(20) == 0


def test_a_stream_that_outlasts_the_drain_is_told(
    start: Callable[..., Door], engine: FakeControl
) -> None:
    door = start("gateway.drain_seconds=1")
    engine.configure(default=LONG, chunk_delay_ms=500)
    with ThreadPoolExecutor(1) as other:
        lines = other.submit(streamed, door)
        engine.wait_for(engine.requests)
        door.process.terminate()
        *_, error, done = lines.result(20)
    assert done == "[DONE]"
    assert "shutting down" in json.loads(error)["error"]["message"]
    assert door.process.wait(20) == 0


def test_a_restart_with_requests_waiting_loses_none_silently(
    start: Callable[..., Door], engine: FakeControl
) -> None:
    door = start("gateway.inline={slots=1, queue=9, patience=20}", "gateway.drain_seconds=1")
    engine.configure(default="ok", first_delay_ms=700)
    with ThreadPoolExecutor(4) as many:
        asked = [many.submit(door.post, "/v1/completions", BODY) for _ in range(4)]
        engine.wait_for(engine.requests)
        time.sleep(0.3)
        door.process.terminate()
        outcomes = []
        for one in asked:
            try:
                outcomes.append(one.result(20).status_code)
            except httpx.TransportError:
                outcomes.append(0)
    assert 200 in outcomes
    assert door.process.wait(20) == 0
    again = start()
    assert works(again)


def test_two_gateways_on_one_port(place: Place, door: Door) -> None:
    port = door.url.rpartition(":")[2]
    done = subprocess.run(
        place.command(f"--port={port}", f"engine.url={place.engine_url}"),
        capture_output=True,
        text=True,
        check=False,
        env=dict(place.env),
        timeout=60,
    )
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert "in use" in done.stderr
    assert works(door)


def test_a_full_disk_loses_lines_not_requests(
    start: Callable[..., Door], place: Place, engine: FakeControl
) -> None:
    log = place.home / "log" / "audit.jsonl"
    log.unlink(missing_ok=True)
    # Every write to it fails as on a full disk.
    log.parent.mkdir(parents=True, exist_ok=True)
    log.symlink_to("/dev/full")
    try:
        door = start()
        assert works(door)
        assert works(door)
        assert not any("Traceback" in line for line in door.log)
    finally:
        log.unlink()


def test_a_wall_clock_that_jumps_moves_nothing(
    start: Callable[..., Door], engine: FakeControl, place: Place
) -> None:
    faked = place.home / "clock"
    faked.mkdir(exist_ok=True)
    # Each look at the wall clock is a year from the last.
    (faked / "sitecustomize.py").write_text(
        "import itertools, time\n"
        "_real, _jumps = time.time, itertools.cycle([0, 3e7, -3e7])\n"
        "time.time = lambda: _real() + next(_jumps)\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(faked), place.env["PYTHONPATH"]])
    door = start("gateway.inline={slots=1, queue=9, patience=5}", PYTHONPATH=path)
    engine.configure(default="ok", first_delay_ms=100)
    with ThreadPoolExecutor(4) as many:
        answers = list(many.map(lambda _: door.post("/v1/completions", BODY), range(4)))
    assert {answer.status_code for answer in answers} == {200}


def test_killed_it_leaves_no_process(start: Callable[..., Door], engine: FakeControl) -> None:
    door = start("engine.backend=fake")
    pid = engine.events("start")[-1]["pid"]
    door.process.send_signal(signal.SIGKILL)
    door.process.wait(20)
    engine.wait_for(lambda: not psutil.pid_exists(pid), seconds=30)
