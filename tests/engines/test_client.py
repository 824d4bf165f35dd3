from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from fake_control import FakeControl

from assistant.commands.model import Model
from assistant.config import load
from assistant.engines.client import EngineClient
from assistant.engines.protocol import ChatRequest, Endpoint, GenerateRequest, Message
from assistant.engines.remote import remote_endpoint
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


async def test_a_conversation_is_streamed_and_can_be_begun_for_the_model(
    fake_endpoint: Endpoint, fake_engine: FakeControl
) -> None:
    fake_engine.answer(r"user: hello\Z", "hello to you")
    fake_engine.answer(r"assistant: ```\Z", "x = 1\n")
    client = EngineClient(fake_endpoint)
    asked = [Message("user", "hello")]
    plain = [c async for c in client.chat(ChatRequest(asked, 32))]
    begun = [c async for c in client.chat(ChatRequest([*asked, Message("assistant", "```")], 32))]
    await client.close()
    assert "".join(c.text for c in plain) == "hello to you"
    assert plain[-1].generated_tokens == 5
    assert "".join(c.text for c in begun) == "x = 1\n"
    first, second = fake_engine.requests()
    assert "continue_final_message" not in first
    assert second["continue_final_message"] is True
    assert second["add_generation_prompt"] is False


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


class Stranger(http.server.ThreadingHTTPServer):
    """Answers every request with ``answer``, whatever that is."""

    answer = b""


class StrangerHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Stranger)
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        assert isinstance(self.server, Stranger)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stranger(home: Path) -> Iterator[Stranger]:
    with Stranger(("127.0.0.1", 0), StrangerHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def ask(stranger: Stranger) -> str:
    url = f"http://127.0.0.1:{stranger.server_port}/v1"
    client = EngineClient(Endpoint(url=url, model="m", engine="url", constraints=False))
    try:
        return "".join([c.text async for c in client.generate(GenerateRequest("x", 8))])
    finally:
        await client.close()


@pytest.mark.parametrize(
    "event",
    ["5", "null", "[]", "<html>", '{"choices":[null]}', '{"choices":[{"text":5}]}', '{"usage":3}'],
)
async def test_a_server_of_another_protocol_is_said(stranger: Stranger, event: str) -> None:
    stranger.answer = f"data: {event}\n\n".encode()
    with pytest.raises(EngineError, match="not OpenAI's protocol"):
        await ask(stranger)


@pytest.mark.parametrize("error", ['"boom"', '{"message":"boom"}', '{"code":"boom"}', '["boom"]'])
async def test_an_error_inside_the_stream_is_said(stranger: Stranger, error: str) -> None:
    stranger.answer = f'data: {{"error":{error}}}\n\n'.encode()
    with pytest.raises(EngineError, match=r"the engine failed: .*boom"):
        await ask(stranger)


async def test_what_other_servers_leave_out_or_add(stranger: Stranger) -> None:
    stranger.answer = (
        b'data: {"error":null,"choices":[{"text":"a","logprobs":null}],"usage":null}\n\n'
        b'data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n'
        b"data: [DONE]\n\n"
    )
    assert await ask(stranger) == "a"


async def test_thoughts_come_apart_from_the_answer(stranger: Stranger) -> None:
    """As vLLM sends them with a reasoning parser, by the names of different versions."""
    deltas = [
        '{"role":"assistant","content":""}',
        '{"reasoning":"a","tool_calls":[]}',
        '{"reasoning_content":"b"}',
        '{"reasoning":"c","reasoning_content":"c"}',
        '{"reasoning":{"kind":"hidden"}}',
        '{"content":"Yes","reasoning":null}',
    ]
    events = [f'data: {{"choices":[{{"delta":{delta}}}]}}\n\n' for delta in deltas]
    stranger.answer = "".join([*events, "data: [DONE]\n\n"]).encode()
    url = f"http://127.0.0.1:{stranger.server_port}/v1"
    client = EngineClient(Endpoint(url=url, model="m", engine="url"))
    thoughts: list[str] = []
    said: list[str] = []
    asked = [Message("user", "is it?")]
    reply = await Model(client).ask(asked, 8, on_text=said.append, on_thought=thoughts.append)
    await client.close()
    assert (thoughts, said) == (["a", "b", "c"], ["Yes"])
    assert reply.text == "Yes"


@pytest.mark.parametrize("listed", ['{"data":["id"]}', '{"data":[null]}', '{"data":{"id":1}}'])
async def test_a_list_of_models_that_names_none(stranger: Stranger, listed: str) -> None:
    stranger.answer = listed.encode()
    url = f"http://127.0.0.1:{stranger.server_port}/v1"
    endpoint = await remote_endpoint(load({"engine.url": url, "engine.model": "given"}))
    assert endpoint.model == "given"
