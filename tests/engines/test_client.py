from __future__ import annotations

import httpx
import psutil
import pytest
from fake_control import FakeControl

from assistant.engines.client import EngineClient
from assistant.engines.protocol import Endpoint, GenerateRequest
from assistant.errors import EngineError, EngineUnavailable


async def test_streams_an_answer_and_its_usage(
    fake_endpoint: Endpoint, fake_engine: FakeControl
) -> None:
    fake_engine.answer(r"def add", "return a + b")
    client = EngineClient(fake_endpoint)
    chunks = [c async for c in client.generate(GenerateRequest("def add(a, b):", 32))]
    again = [c async for c in client.generate(GenerateRequest("def add(a, b): ", 32))]
    await client.close()
    assert "".join(c.text for c in chunks) == "return a + b"
    assert len(chunks) > 3
    assert chunks[-1].prompt_tokens == 10
    assert chunks[-1].cached_tokens == 0
    assert again[-1].cached_tokens == 10
    assert any(c.finish_reason == "stop" for c in chunks)


async def test_leaving_the_stream_aborts_the_request(
    fake_endpoint: Endpoint, fake_engine: FakeControl
) -> None:
    fake_engine.configure(default="word " * 500, chunk_delay_ms=10)
    client = EngineClient(fake_endpoint)
    stream = client.generate(GenerateRequest("x", 500))
    async for _ in stream:
        break
    await stream.aclose()
    await client.close()
    fake_engine.wait_for(fake_engine.aborted)
    assert fake_engine.events("end")[0]["tokens"] < 500


async def test_constraints_and_stops_reach_the_server(
    fake_endpoint: Endpoint, fake_engine: FakeControl
) -> None:
    fake_engine.configure(default="save()\n\nmore")
    client = EngineClient(fake_endpoint)
    request = GenerateRequest("x", 32, regex=r"self\.[\s\S]*", stop=["\n\n"], stop_token_ids=[7])
    text = "".join([c.text async for c in client.generate(request)])
    await client.close()
    assert text == "self.save()"
    body = fake_engine.requests()[0]
    assert body["structured_outputs"] == {"regex": r"self\.[\s\S]*"}
    assert body["stop_token_ids"] == [7]


async def test_a_refusal_is_one_line(fake_endpoint: Endpoint, fake_engine: FakeControl) -> None:
    client = EngineClient(fake_endpoint)
    fake_engine.configure(refuse=503)
    with pytest.raises(EngineUnavailable, match="503"):
        _ = [c async for c in client.generate(GenerateRequest("x", 8))]
    fake_engine.configure(refuse=400)
    with pytest.raises(EngineError, match="told to refuse"):
        _ = [c async for c in client.generate(GenerateRequest("x", 8))]
    await client.close()


async def test_a_server_that_dies_and_one_that_is_gone(
    fake_endpoint: Endpoint, fake_engine: FakeControl
) -> None:
    fake_engine.configure(default="a b c d", crash_after=1, chunk_delay_ms=5)
    client = EngineClient(fake_endpoint)
    with pytest.raises(EngineError, match="broke off"):
        _ = [c async for c in client.generate(GenerateRequest("x", 8))]
    server = fake_engine.events("start")[0]["pid"]
    fake_engine.wait_for(lambda: psutil.Process(server).status() == psutil.STATUS_ZOMBIE)
    with pytest.raises(EngineUnavailable, match="assistant serve"):
        _ = [c async for c in client.generate(GenerateRequest("x", 8))]
    await client.close()


def test_without_streaming_and_the_list_of_models(
    fake_endpoint: Endpoint, fake_engine: FakeControl
) -> None:
    fake_engine.configure(default="one two three")
    body = {"model": "fake", "prompt": [1, 2, 3], "max_tokens": 3}
    answer = httpx.post(f"{fake_endpoint.url}/completions", json=body).json()
    assert answer["choices"][0] == {"index": 0, "text": "one two", "finish_reason": "length"}
    assert answer["usage"]["prompt_tokens"] == 3
    models = httpx.get(f"{fake_endpoint.url}/models").json()
    assert [m["id"] for m in models["data"]] == ["fake"]
