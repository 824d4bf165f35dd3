"""tabby-agent 1.5.0 as its users run it, with the gateway for its server."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_control import FakeControl
from fim_prompt import shown
from gateway_door import Door, Place
from lsp_client import Client, eventually
from tabby_agent import agent, configured, fetched, language_server

pytestmark = [pytest.mark.slow, pytest.mark.editor]

URL = "https://host.example/us/ledger.git"
USE = "from store import Store\n\n\ndef use(path):\n    return Store().open_"


@pytest.fixture(scope="module")
def command() -> Path:
    """The agent; without it these tests fail, unless ``ASSISTANT_SKIP_EDITORS`` is set."""
    if os.environ.get("ASSISTANT_SKIP_EDITORS"):
        pytest.skip("ASSISTANT_SKIP_EDITORS is set")
    try:
        return fetched()
    except RuntimeError as error:
        pytest.fail(
            f"{error}; or set ASSISTANT_SKIP_EDITORS=1 to leave these tests out", pytrace=False
        )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("work") / "ledger"
    folder.mkdir()
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "remote", "add", "origin", URL], check=True)
    (folder / "store.py").write_text(
        "class Store:\n    def open_ledger(self, path: str) -> bytes: ...\n"
    )
    return folder


@pytest.fixture(scope="module")
def key(place: Place) -> Iterator[str]:
    yield place.assistant("keys", "add", "tabby", "--scopes", "complete,admin").stdout.split()[-1]
    place.assistant("keys", "remove", "tabby")


@pytest.fixture(scope="module")
def guarded(place: Place, root: Path, key: str) -> Iterator[Door]:
    """A gateway that asks for a key and may read ``root``, and has."""
    started = place.start(f"gateway.workspaces=['{root}']", key=key)
    segments = {"prefix": USE, "filepath": str(root / "a.py")}

    def has() -> bool:
        assert started.post("/v1/completions", {"segments": segments}).is_success
        return "class Store" in place.engine.requests()[-1]["prompt"]

    place.engine.wait_for(has, 30)
    yield started
    started.end()


async def completed(client: Client, text: str, uri: str = "file:///project/use.py") -> Any:
    """The completion list at the end of a new document."""
    await client.open(uri, text)
    lines = text.split("\n")
    at = {"line": len(lines) - 1, "character": len(lines[-1])}
    params = {"textDocument": {"uri": uri}, "position": at}
    return await client.request("textDocument/completion", params)


async def test_the_language_server_completes(
    command: Path, guarded: Door, key: str, engine: FakeControl, tmp_path: Path
) -> None:
    engine.configure(default="ledger(path)\n\n\ndef other():\n    pass\n")
    async with language_server(command, configured(tmp_path, guarded.url, key)) as client:
        told = await client.initialize(capabilities={})
        assert told["serverInfo"] == {"name": "tabby-agent", "version": "1.5.0"}
        listed = await completed(client, USE)
        assert not client.shown()
    (item,) = listed["items"]
    assert item["textEdit"]["newText"] == "open_ledger(path)"
    assert item["data"]["completionId"].startswith("cmpl-")
    (sent,) = engine.requests()
    assert shown(sent["prompt"]) == ("", USE, "")


async def test_the_language_server_without_a_key_says_so(
    command: Path, guarded: Door, engine: FakeControl, tmp_path: Path
) -> None:
    async with language_server(command, configured(tmp_path, guarded.url, "wrong")) as client:
        await client.initialize(capabilities={})
        told = await client.until("window/showMessage")
        assert "unauthorized" in told["message"]
        assert (await completed(client, USE))["items"] == []
    assert not engine.requests()


async def test_a_header_in_its_settings_names_the_workspace(
    command: Path, guarded: Door, key: str, engine: FakeControl, tmp_path: Path, root: Path
) -> None:
    engine.configure(default="ledger(path)")
    env = configured(tmp_path, guarded.url, key, **{"X-Assistant-Workspace": str(root)})
    async with language_server(command, env) as client:
        await client.initialize(capabilities={})
        assert (await completed(client, USE))["items"]
    (sent,) = engine.requests()
    assert "<|file_sep|>store.py\nclass Store:" in sent["prompt"]


async def test_the_agent_of_the_plug_ins_completes_and_tells(
    command: Path, guarded: Door, key: str, engine: FakeControl, tmp_path: Path
) -> None:
    def counted(event: str) -> float:
        name = f'gateway_completion_events_total{{event="{event}"}}'
        lines = guarded.get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    engine.configure(default="ledger(path)")
    at_home = {
        "filepath": "/home/me/ledger/use.py",
        "language": "python",
        "text": USE,
        "position": len(USE),
        "manually": True,
        "git": {"root": "/home/me/ledger", "remotes": [{"name": "origin", "url": URL}]},
    }
    declaration = {"filepath": "/home/me/ledger/mine.py", "text": "def mine(): ...", "offset": 0}
    before = {event: counted(event) for event in ("view", "select", "dismiss")}
    async with agent(command, configured(tmp_path, guarded.url, key)) as tabby:
        assert await tabby.ask("initialize", {"clientProperties": {}}) is True
        assert await tabby.ask("getStatus") == "ready"
        health = await tabby.ask("getServerHealthState")
        assert health["model"] == "fake"
        # The repository's address is enough for the server's own context.
        first = await tabby.ask("provideCompletions", at_home)
        assert first["choices"][0]["text"] == "ledger(path)"
        own = {**at_home, "declarations": [declaration]}
        assert (await tabby.ask("provideCompletions", own))["choices"]
        for event in ({"type": "view"}, {"type": "select", "select_kind": "line"}):
            told = {"completion_id": first["id"], "choice_index": 0, **event}
            assert await tabby.ask("postEvent", told) is True
        # What the server asks of its clients has reached this one.
        await eventually(lambda: any("config" in event for event in tabby.events))
        assert (await tabby.ask("getConfig"))["anonymousUsageTracking"]["disable"] is True
    assert counted("view") == before["view"] + 1
    assert counted("select") == before["select"] + 1
    assert counted("dismiss") == before["dismiss"]
    retrieved, brought = (str(body["prompt"]) for body in engine.requests())
    assert "<|repo_name|>ledger\n<|file_sep|>store.py\nclass Store:" in retrieved
    assert "<|file_sep|>mine.py\ndef mine(): ..." in brought
    assert "class Store" not in brought


async def test_typing_on_ends_what_runs_in_the_engine(
    command: Path, guarded: Door, key: str, engine: FakeControl, tmp_path: Path
) -> None:
    engine.configure(default="ledger(" + "path, " * 200, chunk_delay_ms=50)
    asked = {"filepath": "/a.py", "language": "python", "manually": True}
    async with agent(command, configured(tmp_path, guarded.url, key)) as tabby:
        await tabby.ask("initialize", {})
        tabby.call("provideCompletions", {**asked, "text": USE, "position": len(USE)})
        await eventually(engine.requests)
        engine.configure(default="er(path)", chunk_delay_ms=0)
        more = f"{USE}ledg"
        answer = await tabby.ask(
            "provideCompletions", {**asked, "text": more, "position": len(more)}
        )
        assert answer["choices"][0]["text"] == "er(path)"
        await asyncio.to_thread(engine.wait_for, engine.aborted)
