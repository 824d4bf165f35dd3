"""Half requests, which need no key: they end, and others are served meanwhile."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fake_control import FakeControl
from gateway_door import Door, Place

pytestmark = pytest.mark.slow

HEAD = (
    b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 15\r\n\r\n"
)
BODY = b'{"prompt": "x"}'
MOST = 4


def connect(door: Door) -> socket.socket:
    host, port = door.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def rest(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture(scope="module")
def hasty(place: Place) -> Iterator[Door]:
    started = place.start("gateway.request_seconds=0.5")
    yield started
    started.end()


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nHost: local", HEAD, HEAD + BODY[:5]])
def test_half_a_request_ends(hasty: Door, sent: bytes) -> None:
    with connect(hasty) as connection:
        connection.sendall(sent)
        assert rest(connection).startswith(b"HTTP/1.1 408 ")


def test_a_connection_without_a_request_ends(hasty: Door) -> None:
    with connect(hasty) as connection:
        assert rest(connection) == b""


def test_half_of_a_second_request_ends(hasty: Door, engine: FakeControl) -> None:
    engine.configure(default="one")
    with connect(hasty) as connection:
        connection.sendall(HEAD + BODY + HEAD)
        said = rest(connection)
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b'"text": "one"' in said
    assert b"HTTP/1.1 408 " in said


def test_an_answer_may_take_longer(hasty: Door, engine: FakeControl) -> None:
    engine.configure(default="one two three four", chunk_delay_ms=400)
    with connect(hasty) as connection:
        connection.sendall(HEAD + BODY)
        # What comes behind it is not read before, and so is not late.
        connection.sendall(HEAD)
        said = rest(connection)
    assert b'"text": "one two three four"' in said


@pytest.fixture
def full(start: Callable[..., Door]) -> Iterator[Door]:
    """A gateway all of whose connections are held by half requests."""
    door = start(f"gateway.max_connections={MOST}")
    door.http.headers["Connection"] = "close"
    with ExitStack() as held:
        for _ in range(MOST):
            held.enter_context(connect(door)).sendall(HEAD + BODY[:5])
        yield door


def test_health_is_answered_whoever_holds_the_connections(full: Door, place: Place) -> None:
    def refused() -> bool:
        return full.get("/v1/models").status_code == 503

    assert place.engine.wait_for(refused)
    assert full.get("/health").status_code == 200
    assert full.get("/ready").status_code == 200
    answer = full.post("/v1/completions", {"prompt": "x"}, headers={"X-Request-Id": "crowd-1"})
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "too_many_connections"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["x-request-id"] == "crowd-1"
    tabby = full.get("/v1/health")
    assert isinstance(tabby.json()["error"], str)
    log = place.home / "log" / "audit.jsonl"

    def outcomes() -> list[str]:
        said = map(json.loads, log.read_text(encoding="utf-8").splitlines())
        return [one["outcome"] for one in said if one["id"] == "crowd-1"]

    assert place.engine.wait_for(outcomes) == ["too_many_connections"]


def test_one_connection_is_one(start: Callable[..., Door]) -> None:
    only = start("gateway.max_connections=1")
    assert only.post("/v1/completions", {"prompt": "x"}).status_code == 200


def test_half_a_request_holds_up_no_end(start: Callable[..., Door]) -> None:
    patient = start("gateway.request_seconds=600", "gateway.drain_seconds=600")
    with connect(patient) as half:
        half.sendall(HEAD + BODY[:5])
        assert patient.get("/health").status_code == 200
        assert patient.end() == 0
