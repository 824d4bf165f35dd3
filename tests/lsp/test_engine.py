"""The engine's life as the language server sees it: started, shared, lost, not there."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from fake_control import FakeControl
from lsp_client import Client, eventually, stdio
from lsp_setting import Setting


@pytest.fixture
def started(fake_engine: FakeControl, monkeypatch: pytest.MonkeyPatch) -> FakeControl:
    """The fake engine as the configured backend: a server starts it by itself."""
    monkeypatch.setenv("ASSISTANT_ENGINE__FIM", "qwen2.5-coder")
    monkeypatch.setenv("ASSISTANT_CONTEXT__ENABLED", "false")
    fake_engine.configure(default="load()")
    return fake_engine


async def complete(client: Client, name: str = "a.py") -> list[str]:
    uri = f"file:///project/{name}"
    await client.open(uri, "x = \n")
    return [item["insertText"] for item in await client.inline(uri, 0, 4)]


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def gone(pid: int) -> None:
    await eventually(lambda: is_gone(pid))


@pytest.mark.slow
async def test_starts_an_engine_without_keeping_anybody_waiting(
    started: FakeControl, tmp_path: Path
) -> None:
    started.configure(start_delay_ms=1500)
    async with stdio() as client:
        await client.initialize(tmp_path)
        # While it loads: empty, at once, and not a word.
        assert await complete(client, "early.py") == []
        assert (await client.status())["engine"]["state"] == "starting"
        assert client.shown() == []
        created = await client.until("window/workDoneProgress/create")
        await client.until(
            "$/progress",
            lambda p: p["token"] == created["token"] and p["value"]["kind"] == "begin",
        )
        await client.ready()
        await client.until("$/progress", lambda p: p["value"]["kind"] == "end")
        assert await complete(client) == ["load()"]
        pid = started.events("start")[-1]["pid"]
    # The last client has gone: so does the engine.
    await gone(pid)


@pytest.mark.slow
async def test_two_editors_share_one_engine(started: FakeControl, tmp_path: Path) -> None:
    async with stdio() as one, stdio() as two:
        for client in (one, two):
            await client.initialize(tmp_path)
        for client in (one, two):
            await client.ready()
            assert await complete(client) == ["load()"]
        assert len(started.events("start")) == 1
        await one.close()
        assert await complete(two, "b.py") == ["load()"]
        pid = started.events("start")[-1]["pid"]
    await gone(pid)


@pytest.mark.slow
async def test_a_killed_editor_leaves_no_engine(started: FakeControl, tmp_path: Path) -> None:
    async with stdio() as client:
        await client.initialize(tmp_path)
        await client.ready()
        assert client.process is not None
        client.process.kill()
        await gone(started.events("start")[-1]["pid"])


@pytest.mark.slow
async def test_an_engine_that_dies_comes_back(started: FakeControl, tmp_path: Path) -> None:
    async with stdio() as client:
        await client.initialize(tmp_path)
        await client.ready()
        first = started.events("start")[-1]["pid"]
        os.kill(first, 9)
        await eventually(lambda: len(started.events("start")) == 2)
        await client.ready()
        await eventually(lambda: complete(client, "after.py"))
        await client.command("assistant.restartEngine")
        await eventually(lambda: len(started.events("start")) == 3)
        await client.ready()
        await eventually(lambda: complete(client, "again.py"))


async def test_no_engine_is_said_once(setting: Setting) -> None:
    """Nobody listens at the configured address."""
    async with setting.server(url="http://127.0.0.1:9/v1") as client:
        await client.initialize(setting.folder)
        message = await client.until("window/showMessage")
        assert "127.0.0.1:9" in message["message"]
        assert "\n" not in message["message"]
        for i in range(3):
            assert await complete(client, f"none{i}.py") == []
        status = await client.status()
        assert status["engine"]["state"] == "failed"
        assert len(client.shown()) == 1
        # The user asks for another try, and reads again how it went.
        await client.command("assistant.restartEngine")
        await eventually(lambda: len(client.shown()) == 2)


@pytest.mark.slow
async def test_does_not_start_one_when_told_so(started: FakeControl, tmp_path: Path) -> None:
    async with stdio("--set", "lsp.start_engine=false") as client:
        await client.initialize(tmp_path)
        message = await client.until("window/showMessage")
        assert "assistant serve" in message["message"]
        assert await complete(client) == []
    assert started.events("start") == []


@pytest.mark.slow
async def test_an_engine_that_refuses_is_said_once(setting: Setting) -> None:
    setting.engine.configure(refuse=500)
    async with setting.server() as client:
        await client.initialize(setting.folder)
        await client.ready()
        for i in range(3):
            assert await complete(client, f"refused{i}.py") == []
        assert len(client.shown()) == 1
        assert "Traceback" not in client.errors.decode()


async def test_the_status_says_why_a_document_was_answered_empty(setting: Setting) -> None:
    async with setting.server() as client:
        await client.initialize(setting.folder)
        await client.ready()
        setting.engine.configure(refuse=500)
        assert await complete(client, "refused.py") == []
        setting.engine.configure(refuse=0)
        await client.open("file:///project/empty.py", "other = \n")
        assert await client.inline("file:///project/empty.py", 0, 8) == []
        failures = (await client.status())["failures"]
        assert list(failures) == ["file:///project/refused.py"]
        assert failures["file:///project/refused.py"]["error"] == "EngineError"
        assert "told to refuse" in failures["file:///project/refused.py"]["message"]
        setting.engine.configure(default="load()")
        assert await complete(client, "refused.py") == ["load()"]
        assert (await client.status())["failures"] == {}
        setting.engine.configure(refuse=503)
        assert await complete(client, "gone.py") == []
        closed = {"textDocument": {"uri": "file:///project/gone.py"}}
        await client.notify("textDocument/didClose", closed)
        assert (await client.status())["failures"] == {}
