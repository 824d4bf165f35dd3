"""OpenAI's dialect, asked by OpenAI's own client and by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_control import FakeControl
from gateway_door import Door, Place
from openai import APIStatusError, OpenAI

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def limited(place: Place) -> Iterator[Door]:
    started = place.start("gateway.max_choices=10", "gateway.max_prompt_chars=1024")
    yield started
    started.end()


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


@pytest.mark.parametrize("prompt", ["x = ", ["x = "]])
def test_a_suffix_goes_with_one_text(door: Door, engine: FakeControl, prompt: object) -> None:
    assert door.post("/v1/completions", {"prompt": prompt, "suffix": "\n"}).status_code == 200
    assert engine.requests()[-1]["prompt"] == "<|fim_prefix|>x = <|fim_suffix|>\n<|fim_middle|>"


@pytest.mark.parametrize("prompt", [["x", "y"], [1, 2], [[1], [2]]])
def test_a_suffix_with_other_prompts_is_refused(
    door: Door, engine: FakeControl, prompt: object
) -> None:
    answer = door.post("/v1/completions", {"prompt": prompt, "suffix": "\n"})
    assert answer.status_code == 400
    assert "suffix" in answer.json()["error"]["message"]
    assert not engine.requests()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/completions", {"prompt": ["a"] * 5, "n": 3}),
        ("/v1/completions", {"prompt": [[1]] * 5, "best_of": 3}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "a"}], "n": 11}),
    ],
)
def test_answers_have_a_limit(limited: Door, engine: FakeControl, path: str, body: object) -> None:
    answer = limited.post(path, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "too_many_choices"
    assert not engine.requests()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/completions", {"prompt": "x" * 2000}),
        ("/v1/completions", {"prompt": ["x" * 600] * 2}),
        ("/v1/completions", {"prompt": [1] * 300}),
        ("/v1/completions", {"prompt": "x" * 600, "suffix": "y" * 600}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x" * 2000}]}),
    ],
)
def test_prompts_have_a_limit(limited: Door, engine: FakeControl, path: str, body: object) -> None:
    answer = limited.post(path, body)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "prompt_too_large"
    assert "gateway.max_prompt_chars" in answer.json()["error"]["message"]
    assert not engine.requests()


def test_what_is_within_the_limits_passes(limited: Door) -> None:
    assert limited.post("/v1/completions", {"prompt": ["a"] * 5, "n": 2}).status_code == 200
    assert limited.post("/v1/completions", {"prompt": "x" * 900}).status_code == 200


@pytest.mark.parametrize("field", ["stream_options", "max_completion_tokens"])
@pytest.mark.parametrize("priority", ["inline", "batch"])
def test_what_the_gateway_reads_must_be_readable(door: Door, field: str, priority: str) -> None:
    headers = {"X-Assistant-Priority": priority}
    answer = door.post("/v1/completions", {"prompt": "x", field: "x"}, headers=headers)
    assert answer.status_code == 400
    assert field in answer.json()["error"]["message"]


def test_a_suffix_gets_the_workspaces_context(
    start: Callable[..., Door], engine: FakeControl, tmp_path: Path
) -> None:
    (tmp_path / "store.py").write_text(
        'class Store:\n    def open_ledger(self, path: str) -> bytes:\n        """Reads it."""\n'
    )
    reading = start(f"gateway.workspaces=['{tmp_path}']")
    headers = {"X-Assistant-Workspace": str(tmp_path), "X-Assistant-Path": "use.py"}
    body = {"prompt": "from store import Store\n\nx = Store().open_", "suffix": "\n"}

    def shown() -> bool:
        assert reading.post("/v1/completions", body, headers=headers).status_code == 200
        return "<|file_sep|>store.py\nclass Store:" in engine.requests()[-1]["prompt"]

    assert engine.wait_for(shown, 30)
    assert "<|file_sep|>use.py\n<|fim_prefix|>from store" in engine.requests()[-1]["prompt"]
    elsewhere = {**headers, "X-Assistant-Workspace": str(tmp_path.parent)}
    assert reading.post("/v1/completions", body, headers=elsewhere).status_code == 403


def test_the_document_names_the_headers(door: Door) -> None:
    paths = door.get("/openapi.json").json()["paths"]

    def headers(path: str) -> set[str]:
        given = paths[path]["post"].get("parameters", ())
        return {one["name"].removeprefix("X-Assistant-") for one in given if one["in"] == "header"}

    work = {"Priority", "Document"}
    assert headers("/v1/chat/completions") == work
    for path in ("/v1/completions", "/infill"):
        assert headers(path) == work | {"Workspace", "Path"}
