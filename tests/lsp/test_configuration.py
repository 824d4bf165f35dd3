"""Settings from ``initializationOptions``, ``workspace/configuration`` and changes."""

from __future__ import annotations

from typing import Any

import pytest
from lsp_client import Client, eventually, stdio
from lsp_setting import Setting

ASKS: dict[str, Any] = {
    "textDocument": {"inlineCompletion": {}},
    "workspace": {
        "configuration": True,
        "didChangeConfiguration": {"dynamicRegistration": True},
    },
}


@pytest.mark.slow
async def test_initialization_options_and_changes(setting: Setting) -> None:
    setting.engine.configure(default="load()")
    async with stdio(env=setting.env) as client:
        await client.initialize(setting.folder, options={"engine": {"url": setting.url}})
        await client.ready()
        assert client.shown() == []
        # A client that pushes, wrapped in the section's name as VS Code does it.
        settings = {"assistant": {"engine": {"url": "http://127.0.0.1:9/v1"}}}
        await client.notify("workspace/didChangeConfiguration", {"settings": settings})
        message = await client.until("window/showMessage")
        assert "No code completion" in message["message"]
        settings = {"assistant": {"engine": {"url": setting.url}}}
        await client.notify("workspace/didChangeConfiguration", {"settings": settings})
        uri = setting.document("pushed.py")
        await client.open(uri, "x = \n")
        await eventually(lambda: client.inline(uri, 0, 4))
        assert (await client.inline(uri, 0, 4))[0]["insertText"] == "load()"


async def test_every_fault_in_one_message_and_the_rest_holds(setting: Setting) -> None:
    setting.engine.configure(default="load()")
    wrong = {
        "engine": {"url": setting.url, "port": -5},
        "lsp": {"cache_size": "many", "colour": "red"},
    }
    async with stdio(env=setting.env) as client:
        await client.initialize(setting.folder, options=wrong)
        await client.ready()  # the engine's address was right
        messages = client.shown()
        assert len(messages) == 1
        for key in ("engine.port", "lsp.cache_size", "lsp.colour"):
            assert key in messages[0]
        assert "\n" not in messages[0]
        # The same faults again are not worth another popup.
        await client.notify("workspace/didChangeConfiguration", {"settings": None})
        await client.status()
        assert client.shown() == messages


@pytest.mark.slow
async def test_asks_the_client(setting: Setting) -> None:
    answers = [{"engine": {"url": "http://127.0.0.1:9/v1"}}, {"engine": {"url": setting.url}}]
    asked: list[Any] = []

    def configuration(params: Any) -> Any:
        asked.append(params)
        return [answers[min(len(asked), len(answers)) - 1]]

    async with stdio(env=setting.env) as client:
        client.answers["workspace/configuration"] = configuration
        await client.initialize(setting.folder, capabilities=ASKS)
        registered = await client.until("client/registerCapability")
        assert registered["registrations"][0]["method"] == "workspace/didChangeConfiguration"
        assert asked == [{"items": [{"section": "assistant"}]}]
        await client.until("window/showMessage")
        await client.notify("workspace/didChangeConfiguration", {"settings": None})
        await eventually(lambda: len(asked) == 2)
        await eventually(lambda: engine_ready(client))


@pytest.mark.slow
async def test_options_that_are_no_object(setting: Setting) -> None:
    async with setting.server() as client:
        await client.initialize(setting.folder, options=["a", "list"])
        message = await client.until("window/showMessage")
        assert "expected an object" in message["message"]
        await client.ready()


async def engine_ready(client: Client) -> bool:
    return bool((await client.status())["engine"]["state"] == "ready")
