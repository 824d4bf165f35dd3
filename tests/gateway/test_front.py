"""A fault of the gateway's own: said as one, counted as one, and nobody is quoted."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from gateway_door import Door
from starlette.responses import StreamingResponse

from assistant.gateway.app import build
from assistant.gateway.front import Front
from assistant.gateway.gateway import Gateway
from assistant.settings import Settings


async def _bug() -> None:
    raise ValueError("SECRET")


async def _late_bug() -> StreamingResponse:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        await _bug()

    return StreamingResponse(pieces())


def refused(gateway: Gateway) -> dict[str, float]:
    return {
        sample.labels["reason"]: sample.value
        for family in gateway.metrics.collect()
        if family.name == "gateway_refused"
        for sample in family.samples
    }


async def test_a_bug_is_no_fault_of_an_engine(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    gateway = Gateway(Settings())
    front = build(gateway)
    assert isinstance(front, Front)
    assert isinstance(front._app, FastAPI)
    front._app.add_api_route("/bug", _bug)
    front._app.add_api_route("/late", _late_bug)
    # What the application raises would reach the server, which prints it.
    transport = httpx.ASGITransport(front, raise_app_exceptions=True)
    with caplog.at_level(logging.DEBUG):
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answer = await client.get("/bug")
            # So this transport says that an answer has no end.
            with pytest.raises(AssertionError):
                await client.get("/late")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert answer.headers["x-request-id"]
    assert refused(gateway) == {"internal_error": 1.0}
    said = [record.getMessage() for record in caplog.records if record.name.startswith("assistant")]
    assert [line.split(":")[0] for line in said] == ["a bug at '/bug'", "a bug at '/late'"]
    assert "test_front.py" in said[0]
    assert "SECRET" not in caplog.text


async def test_a_bug_in_front_of_the_application_has_the_dialects_shape(home: Path) -> None:
    gateway = Gateway(Settings())
    front = build(gateway)
    gateway.keys.find = gateway.keys.all = None  # type: ignore[method-assign, assignment]
    transport = httpx.ASGITransport(front)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post("/v1/events", json={})
    assert answer.status_code == 500
    assert isinstance(answer.json()["error"], str)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["\\u0000", "\\ud800", ""])
def test_a_folder_that_has_no_name_is_refused(door: Door, path: str) -> None:
    content = f'{{"engine": "main", "name": "x", "path": "{path}"}}'
    headers = {"Content-Type": "application/json"}
    answer = door.http.post("/admin/adapters", content=content, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_body"
