"""Who may do what, how often, from where."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_control import FakeControl
from gateway_door import Door, Place

from assistant.errors import UsageError
from assistant.gateway.keys import Keys

BODY = {"prompt": "x"}
CHAT = {"messages": [{"role": "user", "content": "x"}]}


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "home" / "keys.json")


def test_a_key_is_found_by_its_secret_which_is_kept_nowhere(keys: Keys) -> None:
    secret = keys.add("laptop", ["complete"])
    assert keys.find(secret) == keys.all()[0]
    assert keys.find(secret + "x") is None
    assert keys.find("") is None
    written = keys.path.read_text(encoding="utf-8")
    assert secret not in written
    assert secret.removeprefix("ak-") not in written
    assert keys.path.stat().st_mode & 0o077 == 0


def test_names_are_used_once_and_scopes_exist(keys: Keys) -> None:
    keys.add("a", ["chat"])
    with pytest.raises(UsageError, match="another name"):
        keys.add("a", ["chat"])
    with pytest.raises(UsageError, match="there are complete, chat, media, admin"):
        keys.add("b", ["root"])
    with pytest.raises(UsageError, match="no key is named"):
        keys.remove("b")
    keys.remove("a")
    assert keys.all() == ()


def test_a_broken_file_is_one_line_and_nobody_gets_in(keys: Keys) -> None:
    keys.add("a", ["chat"])
    keys.path.write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be read"):
        keys.find("x")
    # Nor where the file cannot even be looked at.
    with pytest.raises(UsageError, match="cannot be read"):
        Keys(keys.path / "below").all()


@pytest.fixture
def locked(place: Place) -> Iterator[Callable[..., str]]:
    """Makes keys of the shared state folder; they go with the test."""
    path = place.home / "keys.json"

    def add(name: str, scopes: str, *options: str) -> str:
        done = place.assistant("keys", "add", name, "--scopes", scopes, *options, "--json")
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["key"])

    yield add
    path.unlink(missing_ok=True)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.slow
def test_keys_are_asked_for_as_soon_as_there_is_one(
    place: Place, door: Door, locked: Callable[..., str]
) -> None:
    assert door.post("/v1/completions", BODY).status_code == 200
    secret = locked("editor", "complete")
    refused = door.post("/v1/completions", BODY)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json()["error"]["code"] == "invalid_api_key"
    assert door.post("/v1/completions", BODY, headers=bearer("ak-no")).status_code == 401
    assert door.post("/v1/completions", BODY, headers=bearer(secret)).status_code == 200
    assert door.post("/v1/completions", BODY, headers={"X-Api-Key": secret}).status_code == 200
    denied = door.post("/v1/chat/completions", CHAT, headers=bearer(secret))
    assert denied.status_code == 403
    assert "lacks the scope chat" in denied.json()["error"]["message"]
    assert door.get("/health").status_code == 200
    listed = json.loads(place.assistant("keys", "list", "--json").stdout)
    assert [(key["name"], key["scopes"]) for key in listed] == [("editor", ["complete"])]
    assert place.assistant("keys", "remove", "editor").returncode == 0
    assert door.post("/v1/completions", BODY).status_code == 200


@pytest.mark.slow
def test_limits_of_a_key(
    door: Door, engine: FakeControl, locked: Callable[..., str], place: Place
) -> None:
    rate = locked("rate", "complete", "--requests-per-minute", "3")
    answers = [door.post("/v1/completions", BODY, headers=bearer(rate)) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    one = locked("one", "complete", "--concurrent", "1")
    engine.configure(first_delay_ms=600)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as other:
        first = other.submit(door.post, "/v1/completions", BODY, headers=bearer(one))
        engine.wait_for(lambda: len(engine.requests()) == 4)
        second = door.post("/v1/completions", BODY, headers=bearer(one))
        assert second.status_code == 429
        assert second.json()["error"]["code"] == "concurrency_limit"
        assert first.result(20).status_code == 200
    assert door.post("/v1/completions", BODY, headers=bearer(one)).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_other_machines_are_not_served_without_a_key(place: Place, host: str) -> None:
    command = place.command(f"--host={host}", f"engine.url={place.engine_url}")
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=dict(place.env), timeout=60
    )
    assert done.returncode == 2
    assert "assistant keys add" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_with_a_key_other_machines_are_served(
    place: Place, start: Callable[..., Door], locked: Callable[..., str]
) -> None:
    secret = locked("team", "complete")
    door = start("--host=0.0.0.0", key=secret)
    port = door.url.rpartition(":")[2]
    own = socket.gethostbyname(socket.gethostname())
    answer = door.post(f"http://{own}:{port}/v1/completions", BODY)
    assert answer.status_code == 200
    # The last key gone, nobody gets in.
    place.assistant("keys", "remove", "team")
    assert door.post("/v1/completions", BODY).status_code == 401


@pytest.mark.slow
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8484"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_pages_of_strangers_cannot_use_the_loopback(door: Door, headers: dict[str, str]) -> None:
    assert door.post("/v1/completions", BODY, headers=headers).status_code == 403


@pytest.mark.slow
def test_no_other_origin_is_allowed_to_read(door: Door) -> None:
    answer = door.http.options(
        "/v1/completions",
        headers={"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"},
    )
    assert not any(name.startswith("access-control") for name in answer.headers)
    plain = door.http.post(
        "/v1/completions", content=b'{"prompt": "x"}', headers={"Content-Type": "text/plain"}
    )
    assert plain.status_code == 400


@pytest.mark.slow
def test_one_line_a_request_without_its_text(door: Door, place: Place, engine: FakeControl) -> None:
    engine.answer("SECRET", "ANSWER")
    body = {"prompt": "SECRET source", "max_tokens": 4}
    answer = door.post("/v1/completions", body, headers={"X-Request-Id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
    log = place.home / "log" / "audit.jsonl"

    def lines() -> list[str]:
        written = log.read_text(encoding="utf-8") if log.exists() else ""
        return [line for line in written.splitlines() if '"abc-1"' in line]

    (line,) = engine.wait_for(lines)
    said = json.loads(line)
    assert (said["key"], said["path"], said["status"]) == ("local", "/v1/completions", 200)
    assert (said["kind"], said["prompt_tokens"] > 0) == ("inline", True)
    assert said["ms"] >= said["first_byte_ms"] >= said["queue_ms"] >= 0
    everywhere = [line, *door.log]
    assert not any("SECRET" in text or "ANSWER" in text for text in everywhere)
    strange = door.get("/health", headers={"X-Request-Id": "a b\tc"})
    assert strange.headers["x-request-id"] not in ("a b\tc", "")


@pytest.mark.slow
def test_looking_at_the_gateway_leaves_a_line_only_where_it_is_refused(
    door: Door, place: Place, engine: FakeControl
) -> None:
    def look(path: str, name: str, **headers: str) -> int:
        return door.get(path, headers={"X-Request-Id": f"look-{name}", **headers}).status_code

    for path in ("/", "/status.json", "/metrics", "/health"):
        assert look(path, "seen") == 200
    assert look("/status.json", "refused", Origin="https://example.com") == 403
    assert door.post("/status.json", {}, headers={"X-Request-Id": "look-wrong"}).status_code == 405
    assert look("/v1/models", "last") == 200
    log = place.home / "log" / "audit.jsonl"

    def names() -> list[str]:
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        found = [said["id"] for line in lines if (said := json.loads(line))["id"][:5] == "look-"]
        return found if "look-last" in found else []

    assert engine.wait_for(names) == ["look-refused", "look-wrong", "look-last"]


@pytest.mark.slow
@pytest.mark.parametrize("headers", [{"Host": "[::1"}, {"Origin": "http://["}])
def test_an_address_that_is_none_is_refused(door: Door, headers: dict[str, str]) -> None:
    answer = door.post("/v1/completions", BODY, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "not_allowed"


@pytest.mark.slow
def test_keys_that_break_while_it_runs_let_nobody_in(
    door: Door, place: Place, engine: FakeControl
) -> None:
    path = place.home / "keys.json"
    path.write_text("[{", encoding="utf-8")
    try:
        answer = door.post("/v1/completions", BODY)
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "keys_unreadable"
        assert str(path) not in answer.text
        assert door.post("/v1/completions", BODY).status_code == 503
        assert door.get("/health").status_code == 200
    finally:
        path.unlink()
    assert door.post("/v1/completions", BODY).status_code == 200
    said = engine.wait_for(lambda: [line for line in door.log if "keys.json cannot" in line])
    assert len(said) == 1


@pytest.mark.slow
def test_a_long_path_has_a_short_line(door: Door, place: Place, engine: FakeControl) -> None:
    assert door.get("/" + "s" * 20_000, headers={"X-Request-Id": "long-1"}).status_code == 404
    log = place.home / "log" / "audit.jsonl"

    def line() -> list[str]:
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [one for one in lines if "long-1" in one]

    assert len(engine.wait_for(line)[0]) < 1000


@pytest.mark.slow
@pytest.mark.parametrize("on", [True, False])
def test_texts_are_logged_where_that_is_asked_for(
    start: Callable[..., Door], place: Place, engine: FakeControl, on: bool
) -> None:
    text = place.home / "log" / "text.jsonl"
    text.unlink(missing_ok=True)
    engine.answer("SECRET", "ANSWER")
    logging = start(f"gateway.log_text={str(on).lower()}")
    body = {"prompt": "SECRET source", "stream": True}
    logging.post("/v1/completions", body, headers={"X-Request-Id": "text-1"})
    logging.get("/v1/models")
    logging.end()
    said = text.read_text(encoding="utf-8") if text.exists() else ""
    others = [*logging.log, (place.home / "log" / "audit.jsonl").read_text(encoding="utf-8")]
    assert not any("SECRET" in one for one in others)
    if not on:
        assert not said
        return
    (line,) = map(json.loads, said.splitlines())
    assert line["id"] == "text-1"
    assert "SECRET source" in line["asked"]
    assert "ANSWER" in line["answered"]
