"""llama.cpp's dialect: requests as llama.vscode and llama.vim send them."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_control import FakeControl
from fim_prompt import shown
from gateway_door import Door

pytestmark = pytest.mark.slow

CHUNKS = [
    {"text": "LIMIT = 3\n", "time": 1, "filename": "/home/me/shop/limits.py"},
    {"text": "def price(of):\n    ...\n", "time": 2, "filename": "/home/me/shop/prices.py"},
]
SAMPLING = {"top_k": 40, "top_p": 0.99, "stream": False, "samplers": ["top_k", "top_p", "infill"]}


def vscode(prefix: str, suffix: str, prompt: str, indent: int = 0) -> dict[str, Any]:
    """A completion as llama.vscode 0.0.63 asks for it, but for one answer in place of three."""
    return {
        "id_slot": 0,
        "input_prefix": prefix,
        "input_suffix": suffix,
        "input_extra": CHUNKS,
        "prompt": prompt,
        "n_predict": 128,
        "n_cmpl": 1,
        **SAMPLING,
        "cache_prompt": True,
        **({"n_indent": indent} if indent else {}),
        "t_max_prompt_ms": 500,
        "t_max_predict_ms": 1000,
    }


def warming(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """What it sends when the user rests, so that the chunks are in the cache."""
    return {
        "id_slot": 0,
        "input_prefix": "",
        "input_suffix": "",
        "input_extra": chunks,
        "prompt": "",
        "n_predict": 0,
        "samplers": [],
        "cache_prompt": True,
        "t_max_prompt_ms": 500,
        "t_max_predict_ms": 1,
    }


def test_a_session_of_llama_vscode(door: Door, engine: FakeControl) -> None:
    assert door.get("/health").json() == {"status": "ok"}
    # The chunks are sent ahead …
    warmed = door.post("/infill", warming(CHUNKS)).json()
    assert warmed["content"] == ""
    assert warmed["generation_settings"]["n_ctx"] == 8192
    # … the user types …
    engine.configure(default="* LIMIT\n\n\ndef other():\n    pass\n")
    prefix, suffix = "def total(of):\n    one = price(of)\n", "\n\ntotal(1)\n"
    first = door.post("/infill", vscode(prefix, suffix, "    return one ", 4)).json()
    assert first["content"] == "* LIMIT"
    # … and it asks ahead for what follows the suggestion.
    engine.configure(default="\n\ntotal(2)")
    ahead = door.post("/infill", vscode(prefix, suffix, "    return one * LIMIT", 4))
    assert ahead.status_code == 200
    warm, asked, _ = engine.requests()
    head = (
        "<|file_sep|>home/me/shop/limits.py\nLIMIT = 3\n"
        "<|file_sep|>home/me/shop/prices.py\ndef price(of):\n    ...\n"
        "<|file_sep|>untitled\n"
    )
    assert shown(warm["prompt"]) == (head, "", "")
    assert (warm["max_tokens"], warm["priority"]) == (1, 3)
    assert shown(asked["prompt"]) == (head, f"{prefix}    return one ", suffix)
    assert asked["priority"] == 0
    # Its status bar reads these, and ends with an error where one is missing.
    status = f"c: {first['tokens_cached']} / {first['generation_settings']['n_ctx']}"
    assert status.endswith(" / 8192")
    assert first["tokens_cached"] > 0  # the chunks
    for name in ("prompt", "predicted"):
        counts = [first["timings"][f"{name}_{what}"] for what in ("n", "ms", "per_second")]
        assert all(isinstance(count, int | float) for count in counts)
    assert first["timings"]["predicted_n"] > 0
    assert first["truncated"] is False


def test_llama_vim_gets_the_fields_it_names(door: Door, engine: FakeControl) -> None:
    engine.configure(default="a + b")
    fields = ["content", "timings/prompt_n", "timings/predicted_ms", "truncated", "no/such"]
    body = {
        **vscode("def add(a, b):\n", "\n", "    return "),
        "response_fields": fields,
        "stop": [" +"],
        "n_indent": 4,
    }
    answer = door.post("/infill", body).json()
    assert set(answer) == set(fields[:-1])
    assert answer["content"] == "a"
    assert door.post("/infill", {**warming([]), "response_fields": [""]}).json() == {}


def test_a_stream_ends_with_the_figures(door: Door, engine: FakeControl) -> None:
    engine.configure(default="a + b")
    body = {**vscode("def add(a, b):\n", "\n", "    return "), "stream": True}
    answer = door.post("/infill", body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line]
    assert [event["stop"] for event in events] == [False, True]
    assert "".join(event["content"] for event in events) == "a + b"
    assert events[-1]["generation_settings"]["n_ctx"] == 8192


def test_several_answers_are_a_list_of_them(door: Door, engine: FakeControl) -> None:
    engine.configure(default="a + b")
    body = {**vscode("def add(a, b):\n", "\n", "    return "), "n_cmpl": 3}
    # Answers to one request do not take each other's place.
    answers = door.post("/infill", body, headers={"X-Assistant-Document": "add.py"}).json()
    assert [(answer["index"], answer["content"]) for answer in answers] == [
        (0, "a + b"),
        (1, "a + b"),
        (2, "a + b"),
    ]
    assert answers[2]["generation_settings"]["temperature"] == 0.8
    sent = engine.requests()
    assert sorted(one["temperature"] for one in sent) == [0, 0.8, 0.8]
    assert len({str(one["prompt"]) for one in sent}) == 1
    warmed = door.post("/infill", {**warming([]), "n_cmpl": 2}).json()
    assert [(answer["index"], answer["content"]) for answer in warmed] == [(0, ""), (1, "")]


def test_several_answers_are_drawn_as_the_client_says(door: Door, engine: FakeControl) -> None:
    engine.configure(default="1")
    drawn = {"n_cmpl": 2, "temperature": 0.5, "seed": 7, "response_fields": ["content"]}
    body = {"input_prefix": "x = ", **drawn}
    assert door.post("/infill", body).json() == [{"content": "1"}] * 2
    sent = sorted(engine.requests(), key=lambda one: one["seed"])
    assert [(one["temperature"], one["seed"]) for one in sent] == [(0.5, 7), (0.5, 8)]
    text = door.post("/infill", {"input_prefix": "x = ", "n_cmpl": 2, "stream": True}).text
    events = [json.loads(line[6:]) for line in text.splitlines() if line]
    assert [(event.get("index"), event["stop"]) for event in events] == [
        (0, False),
        (0, True),
        (1, False),
        (1, True),
    ]


def test_of_several_answers_none_is_given_when_one_fails(door: Door, engine: FakeControl) -> None:
    engine.configure(refuse=500)
    answer = door.post("/infill", {"input_prefix": "x = ", "n_cmpl": 2})
    assert answer.json()["error"]["code"] == 502


def test_what_stands_behind_the_cursor_stands_once(door: Door, engine: FakeControl) -> None:
    engine.configure(default="f(1), 2); print(x)\n")
    answer = door.post(
        "/infill",
        {"input_prefix": "x = add(", "input_suffix": ")\n"},
        headers={"X-Assistant-Path": "a.py"},
    ).json()
    assert answer["content"] == "f(1), 2"


def test_the_clients_limits_hold(door: Door, engine: FakeControl) -> None:
    engine.configure(default="    one = 1\n    two = 2\n" * 40, chunk_delay_ms=10)
    body = {"input_prefix": "def count():\n", "t_max_predict_ms": 1, "n_predict": 100}
    headers = {"X-Assistant-Path": "count.py"}
    answer = door.post("/infill", {**body, "seed": 5, "temperature": 0.25}, headers=headers)
    assert answer.json()["content"] == "    one = 1"
    (sent,) = engine.requests()
    assert (sent["max_tokens"], sent["seed"], sent["temperature"]) == (100, 5, 0.25)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "ledger"
    folder.mkdir()
    (folder / "store.py").write_text(
        "class Store:\n    def open_ledger(self, path: str) -> bytes: ...\n"
    )
    return folder


@pytest.fixture
def reading(start: Callable[..., Door], root: Path) -> Door:
    """A gateway that may read ``root``."""
    return start(f"gateway.workspaces=['{root}']")


@pytest.mark.parametrize("path", ["/infill", "/v1/completions"])
def test_a_named_workspace_gives_its_context(
    reading: Door, engine: FakeControl, root: Path, path: str
) -> None:
    engine.configure(default="ledger(path)")
    prefix, suffix = "from store import Store\n\nStore().open_", "\n"
    body = {
        "/infill": {"input_prefix": prefix, "input_suffix": suffix},
        "/v1/completions": {"prompt": prefix, "suffix": suffix, "max_tokens": 20},
    }[path]
    headers = {"X-Assistant-Workspace": str(root), "X-Assistant-Path": "src/ünder.py"}
    encoded = {name: value.encode() for name, value in headers.items()}

    def read() -> bool:
        assert reading.post(path, body, headers=encoded).status_code == 200
        prompt = str(engine.requests()[-1]["prompt"])
        return "<|file_sep|>store.py\nclass Store:" in prompt

    engine.wait_for(read, 30)
    assert shown(engine.requests()[-1]["prompt"]).head.endswith("<|file_sep|>src/ünder.py\n")
    assert reading.post(path, body).status_code == 200
    assert "class Store" not in engine.requests()[-1]["prompt"]
    refused = reading.post(path, body, headers={"X-Assistant-Workspace": "/etc"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"input_prefix": 3}, 400, "invalid_request_error"),
        ({"input_extra": [{"filename": "x"}]}, 400, "invalid_request_error"),
        ({"input_extra": [{"filename": 1, "text": "x"}]}, 400, "invalid_request_error"),
        ({"n_predict": "many"}, 400, "invalid_request_error"),
        ({"n_cmpl": 5}, 400, "invalid_request_error"),
        ({"n_cmpl": 0}, 400, "invalid_request_error"),
        ({"model": "gpt-9"}, 404, "not_found_error"),
    ],
)
def test_errors_are_llamacpps(door: Door, body: dict[str, Any], status: int, kind: str) -> None:
    answer = door.post("/infill", body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert (error["code"], error["type"]) == (status, kind)
    assert error["message"]


def test_the_engines_failure_is_llamacpps_too(door: Door, engine: FakeControl) -> None:
    engine.configure(refuse=503)
    answer = door.post("/infill", {"input_prefix": "x = "})
    assert answer.json()["error"]["type"] == "unavailable_error"
    engine.configure(refuse=500)
    assert door.post("/infill", {"input_prefix": "x = "}).json()["error"]["code"] == 502


def test_warming_up_makes_way_for_who_types(door: Door, engine: FakeControl) -> None:
    engine.configure(default="1", first_delay_ms=4000)
    with ThreadPoolExecutor(1) as threads:
        warm = threads.submit(door.post, "/infill", warming(CHUNKS))
        engine.wait_for(engine.requests)
        engine.configure(default="1", first_delay_ms=0)
        assert door.post("/infill", {"input_prefix": "x = "}).json()["content"] == "1"
        assert warm.result().json()["content"] == ""
        assert engine.aborted() == [engine.events("request")[0]["id"]]


def test_a_client_that_leaves_ends_the_computation(door: Door, engine: FakeControl) -> None:
    engine.configure(default="a + " * 200, chunk_delay_ms=50)
    with pytest.raises(httpx.ReadTimeout):
        door.post("/infill", {"input_prefix": "x = "}, timeout=0.5)
    engine.wait_for(engine.aborted)


def test_answers_and_prompts_have_limits(start: Callable[..., Door], engine: FakeControl) -> None:
    small = start("gateway.max_choices=2", "gateway.max_prompt_chars=1024")
    body = {"input_prefix": "x = ", "input_suffix": "\n"}
    assert small.post("/infill", {**body, "n_cmpl": 2}).status_code == 200
    many = small.post("/infill", {**body, "n_cmpl": 3})
    assert (many.status_code, many.json()["error"]["code"]) == (400, 400)
    assert "gateway.max_choices" in many.json()["error"]["message"]
    engine.reset()
    for more in ({"input_prefix": "x" * 2000}, {"input_extra": [{"text": "x" * 2000}]}):
        long = small.post("/infill", {**body, **more})
        assert (long.status_code, long.json()["error"]["code"]) == (413, 413)
        assert "gateway.max_prompt_chars" in long.json()["error"]["message"]
    assert not engine.requests()


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b'{"input_prefix": "\\ud800"}', {}, 400),
        (b'{"input_extra": [{"text": "\\udfff"}]}', {}, 400),
        (b'{"input_prefix": "x"}', {"X-Assistant-Path": "file://["}, 400),
        (b'{"input_prefix": "x"}', {"X-Assistant-Workspace": "~nosuchuser"}, 403),
        (b'{"input_prefix": "x"}', {"X-Assistant-Workspace": "file://~nosuchuser/x"}, 403),
    ],
)
def test_what_is_no_text_or_no_path(
    door: Door, content: bytes, headers: dict[str, str], status: int
) -> None:
    headers = {"Content-Type": "application/json", **headers}
    answer = door.http.post("/infill", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == status
