"""LoRA adapters: from the settings, from an administrator, by name in requests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from fake_control import FakeControl
from gateway_door import Door, Place

from assistant.config import load
from assistant.engines import adapters
from assistant.engines.lease import acquire
from assistant.engines.protocol import Endpoint
from assistant.gateway.pool import Pool

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _forget(place: Place) -> None:
    for name in ("adapters.json", "adapters-loaded.json"):
        (place.home / name).unlink(missing_ok=True)


def adapter(folder: Path, name: str, rank: int = 8) -> str:
    """A folder that looks like one."""
    path = folder / name
    path.mkdir(parents=True)
    (path / "adapter_config.json").write_text(json.dumps({"r": rank}))
    (path / "adapter_model.safetensors").write_bytes(name.encode())
    return str(path)


def add(door: Door, name: str, path: str, engine: str = "main") -> httpx.Response:
    return door.post("/admin/adapters", {"engine": engine, "name": name, "path": path})


def remove(door: Door, name: str) -> httpx.Response:
    return door.http.delete("/admin/adapters", params={"engine": "main", "name": name})


def complete(door: Door, model: str) -> int:
    return door.post("/v1/completions", {"model": model, "prompt": "x"}).status_code


def names(door: Door) -> set[str]:
    return {entry["id"] for entry in door.get("/v1/models").json()["data"]}


def test_one_is_loaded_asked_by_name_and_unloaded(
    start: Callable[..., Door], engine: FakeControl, tmp_path: Path
) -> None:
    door = start("engine.lora=true")
    path = adapter(tmp_path, "style-1")
    assert complete(door, "style-1") == 404
    assert add(door, "style-1", path).json() == {"engine": "main", "name": "style-1", "path": path}
    assert add(door, "style-1", path).status_code == 200  # again: nothing to do
    assert "style-1" in names(door)
    assert complete(door, "style-1") == 200
    assert engine.requests()[-1]["model"] == "style-1"
    assert [(e["name"], e["path"]) for e in engine.events("load")] == [("style-1", path)]
    (entry,) = door.get("/admin/adapters").json()["adapters"]
    assert entry == {
        "engine": "main",
        "name": "style-1",
        "path": path,
        "served": True,
        "error": "",
    }
    assert remove(door, "style-1").status_code == 200
    assert [e["name"] for e in engine.events("unload")] == ["style-1"]
    gone = door.post("/v1/completions", {"model": "style-1", "prompt": "x"})
    assert gone.status_code == 404
    assert gone.json()["error"]["code"] == "model_not_found"
    assert remove(door, "style-1").json()["error"]["code"] == "adapter_not_found"
    assert remove(door, "style-1").status_code == 404


def test_a_name_stands_for_one_path_and_one_set_of_weights(
    start: Callable[..., Door], tmp_path: Path
) -> None:
    door = start("engine.lora=true")
    first, second = adapter(tmp_path, "v1"), adapter(tmp_path, "v2")
    assert add(door, "style", first).status_code == 200
    refused = add(door, "style", second)
    assert refused.status_code == 409
    assert "under a name of its own" in refused.json()["error"]["message"]
    remove(door, "style")
    assert add(door, "style", second).status_code == 409
    assert add(door, "style-2", second).status_code == 200
    # The same folder with other weights in it is another version too.
    (Path(first) / "adapter_model.safetensors").write_bytes(b"trained further")
    changed = add(door, "style", first)
    assert changed.status_code == 409
    assert "not those" in changed.json()["error"]["message"]


def listed(door: Door, name: str) -> dict[str, object]:
    """What the administrator is told of that adapter."""
    entries: list[dict[str, object]] = door.get("/admin/adapters").json()["adapters"]
    return next(entry for entry in entries if entry["name"] == name)


def test_a_name_that_moved_while_the_gateway_was_away_is_not_served_with_its_old_weights(
    start: Callable[..., Door], place: Place, engine: FakeControl, tmp_path: Path
) -> None:
    old, new = adapter(tmp_path, "old"), adapter(tmp_path, "new")
    url = f"engine.url={place.engine_url}"
    door = start(url)
    assert add(door, "moved", old).status_code == 200
    door.end()
    door = start(url, f"engine.adapters.moved={new}")
    assert listed(door, "moved")["served"] is False
    assert f"moved stands for {old}" in str(listed(door, "moved")["error"])
    assert "moved" not in names(door)
    assert complete(door, "moved") == 404
    assert add(door, "moved", new).status_code == 409
    assert add(door, "moved-2", new).status_code == 200
    assert [(e["name"], e["path"]) for e in engine.events("load")] == [
        ("moved", old),
        ("moved-2", new),
    ]


def test_a_name_that_somebody_else_has_loaded_is_what_the_engine_says(
    start: Callable[..., Door], place: Place, tmp_path: Path
) -> None:
    old, new = adapter(tmp_path, "old"), adapter(tmp_path, "new")
    root = place.engine_url.removesuffix("/v1")
    body = {"lora_name": "taken", "lora_path": old}
    httpx.post(f"{root}/v1/load_lora_adapter", json=body).raise_for_status()
    door = start(f"engine.url={place.engine_url}", f"engine.adapters.taken={new}")
    assert f"serves taken from {old} already" in str(listed(door, "taken")["error"])
    assert "taken" not in names(door)
    refused = add(door, "taken", new)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "adapter_conflict")
    assert add(door, "taken", old).status_code == 200
    assert "taken" in names(door)


def test_files_that_changed_while_the_gateway_was_away_are_not_served_as_before(
    start: Callable[..., Door], place: Place, tmp_path: Path
) -> None:
    path = adapter(tmp_path, "a")
    options = (f"engine.url={place.engine_url}", f"engine.adapters.kept-up={path}")
    door = start(*options)
    assert "kept-up" in names(door)
    door.end()
    weights = Path(path) / "adapter_model.safetensors"
    same = weights.read_bytes()
    weights.unlink()
    weights.write_bytes(same)
    door = start(*options)
    assert listed(door, "kept-up")["error"] == ""
    door.end()
    weights.write_bytes(b"trained further")
    door = start(*options)
    assert "not those" in str(listed(door, "kept-up")["error"])
    assert "kept-up" not in names(door)
    assert add(door, "kept-up", path).status_code == 409


def test_an_engine_that_was_started_anew_takes_the_files_as_they_are(
    start: Callable[..., Door], engine: FakeControl, place: Place, tmp_path: Path
) -> None:
    path, other = adapter(tmp_path, "a"), adapter(tmp_path, "b")
    door = start("engine.lora=true")
    assert add(door, "fresh", path).status_code == 200
    assert add(door, "fresh", other).status_code == 409
    door.end()
    engine.wait_for(lambda: not list((place.home / "run").glob("*.sock")))
    (Path(path) / "adapter_model.safetensors").write_bytes(b"trained further")
    door = start("engine.lora=true")
    assert complete(door, "fresh") == 200
    assert [e["path"] for e in engine.events("load")] == [path, path]


async def test_an_engine_of_ours_that_outlived_the_gateway_keeps_its_names(
    start: Callable[..., Door],
    engine: FakeControl,
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, new = adapter(tmp_path, "old"), adapter(tmp_path, "new")
    options = ("engine.lora=true", "engine.linger=60")
    door = start(*options)
    assert add(door, "style", old).status_code == 200
    door.end()
    door = start(*options, f"engine.adapters.style={new}")
    assert len(engine.events("start")) == 1
    assert f"style stands for {old}" in str(listed(door, "style")["error"])
    assert add(door, "style", new).status_code == 409
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    async with await acquire(load({"engine.lora": True}), start=False) as lease:
        await lease.stop()


def test_no_adapter_is_called_what_the_model_is(
    start: Callable[..., Door], place: Place, tmp_path: Path
) -> None:
    door = start(f"engine.url={place.engine_url}", f"engine.adapters.fake={adapter(tmp_path, 'a')}")
    assert "fake is the model itself" in str(listed(door, "fake")["error"])
    assert complete(door, "fake") == 200


def test_what_cannot_be_loaded_says_why(start: Callable[..., Door], tmp_path: Path) -> None:
    door = start("engine.lora=true", "engine.lora_rank=16")
    cases = {
        str(tmp_path / "nothing"): "it has no adapter_config.json",
        adapter(tmp_path, "broken"): "No adapter found",
        adapter(tmp_path, "large", rank=64): "set lora_rank higher",
        "relative/path": "no absolute path",
    }
    for number, (path, words) in enumerate(cases.items()):
        answer = add(door, f"a{number}", path)
        assert answer.status_code == 400, path
        assert answer.json()["error"]["code"] == "adapter_not_loaded"
        assert words in answer.json()["error"]["message"]
    good = adapter(tmp_path, "good")
    assert add(door, "../a", good).status_code == 400
    assert add(door, "main", good).status_code == 409
    assert add(door, "a", good, engine="other").json()["error"]["code"] == "engine_not_found"


def test_an_engine_without_room_says_so(start: Callable[..., Door], tmp_path: Path) -> None:
    door = start("engine.lora=false")
    answer = add(door, "a", adapter(tmp_path, "a"))
    assert answer.status_code == 409
    assert "set lora = true" in answer.json()["error"]["message"]


def test_those_of_the_settings_are_there_from_the_first_request_and_after_a_crash(
    start: Callable[..., Door], engine: FakeControl, tmp_path: Path
) -> None:
    good, broken = adapter(tmp_path, "good"), adapter(tmp_path, "broken")
    listed = json.dumps({"good": good, "bad": broken}).replace('":', '"=')
    engine.configure(crash_after=2)
    door = start(f"engine.adapters={listed}")
    assert complete(door, "good") == 200
    assert names(door) >= {"good"}
    assert "bad" not in names(door)
    entries = {e["name"]: e for e in door.get("/admin/adapters").json()["adapters"]}
    assert "No adapter found" in entries["bad"]["error"]
    assert complete(door, "good") in (502, 503)  # the engine dies of it
    engine.configure(crash_after=-1)
    engine.wait_for(lambda: complete(door, "good") == 200)
    assert [e["name"] for e in engine.events("load")] == ["good", "good"]


def test_changed_settings_load_and_unload(
    start: Callable[..., Door], engine: FakeControl, place: Place, tmp_path: Path
) -> None:
    one, two = adapter(tmp_path, "one"), adapter(tmp_path, "two")
    config = place.home / "config.toml"
    config.write_text(f'[engine.adapters]\none = "{one}"\n')
    try:
        door = start("engine.lora=true")
        assert names(door) >= {"one"}
        config.write_text(f'[engine.adapters]\ntwo = "{two}"\n')
        engine.wait_for(lambda: "two" in names(door) and "one" not in names(door))
        config.write_text("[engine.adapters\n")
        engine.wait_for(lambda: any("changed settings are not used" in line for line in door.log))
        assert "two" in names(door)
    finally:
        config.unlink()


def test_one_that_was_added_is_there_after_a_restart(
    start: Callable[..., Door], engine: FakeControl, tmp_path: Path
) -> None:
    door = start("engine.lora=true")
    add(door, "kept", adapter(tmp_path, "kept"))
    door.end()
    engine.reset()
    door = start("engine.lora=true")
    assert complete(door, "kept") == 200
    assert [e["name"] for e in engine.events("load")] == ["kept"]


def test_every_replica_gets_it(
    start: Callable[..., Door], engine: FakeControl, tmp_path: Path
) -> None:
    door = start("engine.lora=true", "engine.replicas=2")

    def warm() -> bool:
        seen = Counter(e["pid"] for e in engine.events("request"))
        return len(seen) == 2 and min(seen.values()) >= 2

    engine.wait_for(warm, 30)
    # The second joins right after it was warmed up, and would load it then.
    assert add(door, "all", adapter(tmp_path, "all")).status_code == 200
    engine.wait_for(lambda: len({e["pid"] for e in engine.events("load")}) == 2)
    assert complete(door, "all") == 200


async def test_an_engine_of_somebody_else_gets_back_what_it_has_lost(
    fake_endpoint: Endpoint, fake_engine: FakeControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {"far": "/elsewhere/far-1"}
    pool = Pool(load({"engine.url": fake_endpoint.url, "engine.adapters": listed}))
    main = pool.engines["main"]
    monkeypatch.setattr(main, "link", SimpleNamespace(endpoint=fake_endpoint))
    await main.adapters.sync(fake_endpoint)
    async with adapters.client() as http:
        await adapters.unload(http, fake_endpoint.url.removesuffix("/v1"), "far")
    await main.refresh()
    await main.refresh()  # not due again yet
    kinds = [e["event"] for e in fake_engine.events() if e["event"] in ("load", "unload")]
    assert kinds == ["load", "unload", "load"]


def test_only_an_administrator_may(start: Callable[..., Door], place: Place) -> None:
    made = place.assistant("keys", "add", "typist", "--scopes", "complete", "--json")
    secret = json.loads(made.stdout)["key"]
    try:
        door = start(key=secret)
        assert door.get("/admin/adapters").status_code == 403
        assert remove(door, "x").status_code == 403
        assert add(door, "a", "/a").status_code == 403
    finally:
        place.assistant("keys", "remove", "typist")
