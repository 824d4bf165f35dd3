"""OpenAI's dialect, asked by OpenAI's own client and by hand."""

from __future__ import annotations

import pytest
from fake_control import FakeControl
from gateway_door import Door
from openai import APIStatusError, OpenAI

pytestmark = pytest.mark.slow


@pytest.fixture
def client(door: Door) -> OpenAI:
    return OpenAI(base_url=f"{door.url}/v1", api_key="none", max_retries=0)


def test_the_sdk_lists_completes_and_chats(client: OpenAI, engine: FakeControl) -> None:
    engine.answer("def add", " a + b")
    engine.answer("hello", "Hello to you")
    (model,) = client.models.list().data
    done = client.completions.create(model=model.id, prompt="def add(a, b): return", max_tokens=9)
    assert done.choices[0].text == " a + b"
    assert done.usage is not None
    assert done.usage.completion_tokens == 6
    said = client.chat.completions.create(
        model=model.id, messages=[{"role": "user", "content": "hello"}]
    )
    assert said.choices[0].message.content == "Hello to you"


def test_the_sdk_streams(client: OpenAI, engine: FakeControl) -> None:
    engine.answer("hello", "Hello to you")
    model = client.models.list().data[0].id
    pieces = client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "hello"}], stream=True
    )
    text = "".join(p.choices[0].delta.content or "" for p in pieces if p.choices)
    assert text == "Hello to you"


def test_a_suffix_becomes_the_models_own_prompt(client: OpenAI, engine: FakeControl) -> None:
    engine.configure(default="a + b")
    model = client.models.list().data[0].id
    done = client.completions.create(
        model=model, prompt="def add(a, b):\n    return ", suffix="\n\nprint(add(1, 2))\n"
    )
    assert done.choices[0].text == "a + b"
    (body,) = engine.requests()
    assert body["prompt"] == (
        "<|fim_prefix|>def add(a, b):\n    return <|fim_suffix|>\n\nprint(add(1, 2))\n"
        "<|fim_middle|>"
    )
    assert "suffix" not in body
    assert "<|endoftext|>" in body["stop"]


def test_what_the_body_says_beyond_passes(door: Door, engine: FakeControl) -> None:
    body = {
        "messages": [{"role": "user", "content": "x", "name": "me"}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
        "tool_choice": "auto",
        "response_format": {"type": "json_object"},
        "structured_outputs": {"regex": "a+"},
        "max_tokens": 3,
    }
    assert door.post("/v1/chat/completions", body).status_code == 200
    (sent,) = engine.requests()
    assert {key: sent[key] for key in body} == body
    assert sent["priority"] == 1


def test_the_kind_of_work_becomes_the_engines_priority(door: Door, engine: FakeControl) -> None:
    door.post("/v1/completions", {"prompt": "a"})
    door.post("/v1/completions", {"prompt": "a"}, headers={"X-Assistant-Priority": "batch"})
    # A client can only ask to go later, never first.
    chat = {"messages": [{"role": "user", "content": "a"}], "priority": -5}
    door.post("/v1/chat/completions", chat, headers={"X-Assistant-Priority": "inline"})
    assert [body["priority"] for body in engine.requests()] == [0, 3, 1]
    wrong = door.post("/v1/completions", {"prompt": "a"}, headers={"X-Assistant-Priority": "now"})
    assert wrong.status_code == 400
    assert "inline, chat, media, batch" in wrong.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        ({"prompt": "x", "model": "gpt-9"}, 404, "no model 'gpt-9' here"),
        ({}, 400, "prompt"),
        ({"prompt": 3}, 400, "prompt"),
        ({"prompt": "x", "max_tokens": 0}, 400, "max_tokens"),
        ({"prompt": "x", "temperature": "hot"}, 400, "temperature"),
        ([1, 2], 400, ""),
    ],
)
def test_what_is_wrong_is_said_in_openais_shape(
    door: Door, body: object, status: int, part: str
) -> None:
    answer = door.post("/v1/completions", body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert part in error["message"]
    assert set(error) == {"message", "type", "param", "code"}


def test_the_sdk_reads_our_errors(client: OpenAI) -> None:
    with pytest.raises(APIStatusError) as raised:
        client.completions.create(model="gpt-9", prompt="x")
    assert raised.value.status_code == 404
    assert raised.value.code == "model_not_found"


def test_the_engines_refusal_stays_a_refusal(door: Door, engine: FakeControl) -> None:
    engine.configure(refuse=400)
    answer = door.post("/v1/completions", {"prompt": "x"})
    assert answer.status_code == 400
    assert "told to refuse" in answer.json()["error"]["message"]
    engine.configure(refuse=503)
    answer = door.post("/v1/completions", {"prompt": "x"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    engine.configure(refuse=500)
    assert door.post("/v1/completions", {"prompt": "x"}).status_code == 502


def test_models_say_what_our_own_clients_need(door: Door) -> None:
    (model,) = door.get("/v1/models").json()["data"]
    assert model["owned_by"] == "vllm"
    assert model["max_model_len"] == 8192
