"""Tabby's dialect, by hand: bodies as its clients send them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_control import FakeControl
from fim_prompt import shown
from gateway_door import Door, Place

pytestmark = pytest.mark.slow

URL = "git@host.example:us/ledger.git"
STORE = 'class Store:\n    def open_ledger(self, path: str) -> bytes:\n        """Reads it."""\n'
USE = "from store import Store\n\n\n" + "".join(f"LINE_{n} = {n}\n" for n in range(40))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("work") / "ledger"
    folder.mkdir()
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "remote", "add", "origin", URL], check=True)
    (folder / "store.py").write_text(STORE)
    (folder / "use.py").write_text(USE)
    return folder


@pytest.fixture(scope="module")
def reading(place: Place, root: Path) -> Iterator[Door]:
    """A gateway that may read ``root``, and has."""
    place.engine.configure(default="ledger(path)")
    started = place.start(f"gateway.workspaces=['{root}']")
    body = segments("from store import Store\n\nx = Store().open_", filepath=str(root / "a.py"))
    place.engine.wait_for(
        lambda: started.post("/v1/completions", body).is_success and "class Store" in asked(place),
        30,
    )
    yield started
    started.end()


def asked(place: Place) -> str:
    return str(place.engine.requests()[-1]["prompt"])


def segments(prefix: str, suffix: str = "\n", **more: Any) -> dict[str, Any]:
    return {"language": "python", "segments": {"prefix": prefix, "suffix": suffix, **more}}


def test_the_text_is_the_products(door: Door, engine: FakeControl) -> None:
    engine.configure(default=" a + b\n\n\ndef other():\n    pass\n")
    body = segments("def add(a, b):\n    return", "\n\nprint(add(1, 2))\n")
    answer = door.post("/v1/completions", body).json()
    assert answer["id"].startswith("cmpl-")
    assert answer["choices"] == [{"index": 0, "text": " a + b"}]
    assert "debug_data" not in answer
    (sent,) = engine.requests()
    assert shown(sent["prompt"]) == ("", "def add(a, b):\n    return", "\n\nprint(add(1, 2))\n")
    assert sent["priority"] == 0


def test_what_the_editor_knows_is_shown(door: Door, engine: FakeControl) -> None:
    engine.configure(default="x()")
    body = segments(
        "y = ",
        filepath="src/y.py",
        git_url="https://host.example/us/else.git",
        declarations=[{"filepath": "src/x.py", "body": "def x(): ..."}],
        relevant_snippets_from_changed_files=[
            {"filepath": "src/z.py", "body": "z = 1", "score": 1.5},
            {"filepath": "src/z.py", "body": "z = 2", "score": 0.5},
        ],
        relevant_snippets_from_recently_opened_files=None,
        clipboard="w",
    )
    body |= {"temperature": 0.5, "seed": 3, "user": "me"}
    body["debug_options"] = {"return_snippets": True, "return_prompt": True}
    answer = door.post("/v1/completions", body).json()
    (sent,) = engine.requests()
    assert shown(sent["prompt"]) == (
        "<|repo_name|>else\n<|file_sep|>src/x.py\ndef x(): ...\n"
        "<|file_sep|>src/z.py\nz = 1\n\nz = 2\n<|file_sep|>src/y.py\n",
        "y = ",
        "\n",
    )
    assert (sent["temperature"], sent["seed"]) == (0.5, 3)
    assert answer["debug_data"]["prompt"] == sent["prompt"]
    first = answer["debug_data"]["snippets"][0]
    assert (first["filepath"], first["body"]) == ("src/x.py", "def x(): ...")


@pytest.mark.parametrize("by", ["remote", "path", "uri", "header"])
def test_an_allowed_workspace_gives_its_context(
    reading: Door, place: Place, root: Path, by: str
) -> None:
    place.engine.configure(default="ledger(path)")
    more: dict[str, Any] = {
        "remote": {"filepath": "new.py", "git_url": "https://host.example/us/ledger"},
        "path": {"filepath": str(root / "new.py")},
        "uri": {"filepath": (root / "new.py").as_uri()},
        "header": {},
    }[by]
    headers = {"X-Assistant-Workspace": str(root)} if by == "header" else {}
    body = segments("from store import Store\n\nStore().open_", **more)
    answer = reading.post("/v1/completions", body, headers=headers)
    assert answer.json()["choices"][0]["text"] == "ledger(path)"
    assert "<|repo_name|>ledger\n" in asked(place)
    assert "<|file_sep|>store.py\nclass Store:" in asked(place)


def test_no_other_workspace_is_read(reading: Door, place: Place, root: Path) -> None:
    body = segments("from store import Store\n\nStore().open_")
    for more in (
        {},
        {"filepath": "new.py", "git_url": "https://host.example/us/other"},
        {"filepath": str(root.parent / "new.py")},
        {"filepath": "../ledger.py", "git_url": URL},
    ):
        body["segments"] |= more
        assert reading.post("/v1/completions", body).is_success
        assert "class Store" not in asked(place)
    refused = reading.post(
        "/v1/completions", body, headers={"X-Assistant-Workspace": str(root.parent)}
    )
    assert refused.status_code == 403
    named = {"filepath": "new.py", "git_url": URL}
    body = segments("from store import Store\n\nStore().open_", **named)
    body["debug_options"] = {"disable_retrieval_augmented_code_completion": True}
    assert reading.post("/v1/completions", body).is_success
    assert "class Store" not in asked(place)


def test_the_clients_own_context_goes_before_the_repositorys(reading: Door, place: Place) -> None:
    own = [{"filepath": "mine.py", "body": "def mine(): ..."}]
    body = segments(
        "from store import Store\n\nStore().open_",
        filepath="new.py",
        git_url=URL,
        declarations=own,
    )
    assert reading.post("/v1/completions", body).is_success
    assert "<|file_sep|>mine.py\ndef mine(): ..." in asked(place)
    assert "class Store" not in asked(place)


def test_the_file_around_the_clients_window_is_known(
    reading: Door, place: Place, root: Path
) -> None:
    lines = USE.splitlines(keepends=True)
    body = segments(
        "".join(lines[20:30]) + "typed = ",
        "\n" + "".join(lines[30:35]),
        filepath="use.py",
        git_url=URL,
    )
    place.engine.configure(default="LINE_1")
    assert reading.post("/v1/completions", body).json()["choices"][0]["text"] == "LINE_1"
    _, before, after = shown(asked(place))
    assert before == "".join(lines[:30]) + "typed = "
    assert after == "\n" + "".join(lines[30:])


def test_clients_ask_about_the_server_first(door: Door) -> None:
    for answer in (door.get("/v1/health"), door.post("/v1/health", None)):
        health = answer.json()
        assert health["model"] == health["chat_model"] == "fake"
        assert health["device"]
        assert health["version"]["git_describe"]
    assert door.get("/v1beta/server_setting").json() == {"disable_client_side_telemetry": True}


def test_what_became_of_completions_is_counted(door: Door) -> None:
    def counted(event: str) -> float:
        name = f'gateway_completion_events_total{{event="{event}"}}'
        lines = door.get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    before = counted("select")
    event = {"type": "select", "completion_id": "cmpl-1", "choice_index": 0, "elapsed": 900}
    assert door.post("/v1/events?select_kind=line", {**event, "view_id": "v"}).status_code == 200
    assert counted("select") == before + 1
    for wrong in ({**event, "type": "eaten"}, {**event, "choice_index": -1}, {}):
        refused = door.post("/v1/events", wrong)
        assert refused.status_code == 400
        assert set(refused.json()) == {"error"}


def test_a_prompt_may_be_sent_as_it_is(door: Door, engine: FakeControl) -> None:
    engine.configure(default="two three")
    body = {"debug_options": {"raw_prompt": "<|fim_prefix|>one", "return_prompt": True}}
    answer = door.post("/v1/completions", body).json()
    assert answer["choices"][0]["text"] == "two three"
    assert answer["debug_data"] == {"prompt": "<|fim_prefix|>one"}
    (sent,) = engine.requests()
    assert sent["prompt"] == "<|fim_prefix|>one"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"debug_options": {}}, "segments"),
        ({"segments": {"suffix": "x"}}, "prefix"),
        ({"segments": {"prefix": 3}}, "prefix"),
        ({"segments": {"prefix": "x"}, "mode": "next_edit_suggestion"}, "mode"),
        ({"segments": {"prefix": "x", "declarations": [{"body": "x"}]}}, "filepath"),
        ({"segments": {"prefix": "x"}, "temperature": 9}, "temperature"),
    ],
)
def test_what_is_wrong_is_said(door: Door, body: dict[str, Any], part: str) -> None:
    answer = door.post("/v1/completions", body)
    assert answer.status_code == 400
    assert part in answer.json()["error"]


def test_a_model_may_be_named(door: Door, engine: FakeControl) -> None:
    engine.configure(default="1")
    assert door.post("/v1/completions", {**segments("x = "), "model": "fake"}).is_success
    unknown = door.post("/v1/completions", {**segments("x = "), "model": "y"})
    assert unknown.status_code == 404
    assert "no model 'y' here" in unknown.json()["error"]


def test_the_engines_failure_is_a_failure(door: Door, engine: FakeControl) -> None:
    engine.configure(refuse=500)
    assert door.post("/v1/completions", segments("x = ")).status_code == 502
    engine.configure(refuse=503)
    answer = door.post("/v1/completions", segments("x = "))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


def test_an_engine_that_accepts_nothing_is_started_anew(
    start: Callable[..., Door], engine: FakeControl
) -> None:
    times = ("completion.timeout=1.0", "gateway.silence_seconds=1.5")
    managed = start("engine.backend=fake", *times)
    engine.configure(default="1")
    assert managed.post("/v1/completions", segments("x = ")).status_code == 200
    starts = len(engine.events("start"))
    engine.configure(first_delay_ms=60_000)
    for _ in range(2):
        answer = managed.post("/v1/completions", segments("x = "))
        assert answer.status_code == 502
        assert "said nothing" in answer.json()["error"]
    engine.configure(first_delay_ms=0)
    engine.wait_for(lambda: len(engine.events("start")) > starts)
    engine.wait_for(lambda: managed.post("/v1/completions", segments("x = ")).is_success)


def test_a_client_that_leaves_ends_the_computation(door: Door, engine: FakeControl) -> None:
    engine.configure(default="a + " * 200, chunk_delay_ms=50)
    with pytest.raises(httpx.ReadTimeout):
        door.post("/v1/completions", segments("x = "), timeout=0.5)
    engine.wait_for(engine.aborted)


def test_a_newer_request_for_a_file_ends_the_older(door: Door, engine: FakeControl) -> None:
    def ask(prefix: str, path: str, **headers: str) -> httpx.Response:
        body = segments(prefix, filepath=path)
        return door.post("/v1/completions", body, headers=headers)

    engine.configure(default="a + " * 200, chunk_delay_ms=50)
    with ThreadPoolExecutor(3) as threads:
        older = threads.submit(ask, "x = ", "/p/x.py")
        other = threads.submit(ask, "x = ", "/other/x.py")
        engine.wait_for(lambda: len(engine.requests()) == 2)
        engine.configure(default="a + b", chunk_delay_ms=0)
        # What a client says of where it comes from makes it no other client.
        newer = threads.submit(ask, "x = a", "/p/x.py", **{"X-Forwarded-For": "9.9.9.9"})
        assert older.result().status_code == 409
        assert newer.result().json()["choices"][0]["text"]
        assert engine.wait_for(lambda: len(engine.aborted()) >= 1)
        assert other.result().status_code == 200
    assert "newer request" in older.result().json()["error"]


@pytest.mark.parametrize(
    ("users", "status"), [((None, None), 200), (("me", "you"), 200), (("me", "me"), 409)]
)
def test_a_relative_path_is_a_document_of_its_user(
    door: Door, engine: FakeControl, users: tuple[str | None, str | None], status: int
) -> None:
    body = segments("x = ", filepath="src/x.py", git_url=URL)
    engine.configure(default="a + b", first_delay_ms=1500)
    with ThreadPoolExecutor(1) as threads:
        older = threads.submit(door.post, "/v1/completions", {**body, "user": users[0]})
        engine.wait_for(engine.requests)
        engine.configure(first_delay_ms=0)
        assert door.post("/v1/completions", {**body, "user": users[1]}).status_code == 200
        assert older.result().status_code == status


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"prefix": "\\ud800"}, 400),
        ({"prefix": "x", "filepath": "file://["}, 400),
        ({"prefix": "x", "filepath": "\\ud800.py"}, 400),
        ({"prefix": "x", "filepath": "a\\u0000b.py"}, 200),
    ],
)
def test_what_is_no_text_or_no_path(door: Door, more: dict[str, Any], status: int) -> None:
    content = json.dumps({"segments": more}).replace("\\\\u", "\\u").encode()
    headers = {"Content-Type": "application/json"}
    answer = door.http.post("/v1/completions", content=content, headers=headers)
    assert answer.status_code == status
    assert status == 200 or isinstance(answer.json()["error"], str)


def test_a_prompt_has_a_limit(start: Callable[..., Door]) -> None:
    small = start("gateway.max_prompt_chars=1024")
    answer = small.post("/v1/completions", segments("x" * 2000))
    assert answer.status_code == 413
    assert "gateway.max_prompt_chars" in answer.json()["error"]


def test_a_key_needs_the_scope(place: Place, start: Callable[..., Door]) -> None:
    secret = place.assistant("keys", "add", "chats", "--scopes", "chat").stdout.split()[-1]
    try:
        guarded = start(key=secret)
        assert guarded.get("/v1/health").status_code == 403
        assert guarded.post("/v1/completions", segments("x = ")).status_code == 403
    finally:
        place.assistant("keys", "remove", "chats")
