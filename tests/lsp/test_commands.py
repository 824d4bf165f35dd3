"""Acceptance, partial acceptance, rejection, and Copilot's names for them."""

from __future__ import annotations

from typing import Any

import pytest
from lsp_client import Client
from lsp_setting import Setting

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUTOMATIC = 2


async def offered(
    client: Client, setting: Setting, name: str, text: str = "load(path)"
) -> tuple[str, dict[str, Any]]:
    setting.engine.configure(default=text)
    uri = setting.document(name)
    await client.open(uri, "x = \n")
    return uri, (await client.inline(uri, 0, 4, AUTOMATIC))[0]


async def acceptance(client: Client) -> dict[str, int]:
    return dict((await client.status())["acceptance"])


async def test_accept(client: Client, setting: Setting) -> None:
    _, item = await offered(client, setting, "accept.py")
    before = await acceptance(client)
    assert await client.command(item["command"]["command"], *item["command"]["arguments"]) is True
    after = await acceptance(client)
    assert after["accepted"] == before["accepted"] + 1
    assert after["accepted_characters"] == before["accepted_characters"] + len("load(path)")


async def test_partial_acceptance_keeps_the_rest(client: Client, setting: Setting) -> None:
    uri, item = await offered(client, setting, "partial.py", "load('🙂', path)")
    before = await acceptance(client)
    asked = len(setting.engine.requests())
    identifier = item["command"]["arguments"][0]
    assert await client.command("assistant.partialAccept", identifier, 8) is True
    await client.insert(uri, 0, 4, "load('🙂")
    rest = await client.inline(uri, 0, 12, AUTOMATIC)
    assert rest[0]["insertText"] == "', path)"
    assert rest[0]["command"]["arguments"] == [identifier]
    assert len(setting.engine.requests()) == asked
    after = await acceptance(client)
    assert after["partially_accepted"] == before["partially_accepted"] + 1
    # Eight UTF-16 units, seven characters.
    assert after["accepted_characters"] == before["accepted_characters"] + 7


async def test_rejected_is_not_offered_again(client: Client, setting: Setting) -> None:
    uri, item = await offered(client, setting, "reject.py")
    before = await acceptance(client)
    assert await client.command("assistant.reject", *item["command"]["arguments"]) is True
    setting.engine.configure(default="other()")
    assert (await client.inline(uri, 0, 4, AUTOMATIC))[0]["insertText"] == "other()"
    assert (await acceptance(client))["rejected"] == before["rejected"] + 1


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("assistant.accept", []),
        ("assistant.accept", ["nobody"]),
        ("assistant.partialAccept", ["nobody", 3]),
        ("assistant.partialAccept", ["nobody"]),
        ("assistant.partialAccept", ["nobody", "three"]),
        ("assistant.reject", [{}]),
    ],
)
async def test_what_is_not_known_is_not_counted(
    client: Client, command: str, arguments: list[Any]
) -> None:
    before = await acceptance(client)
    assert await client.command(command, *arguments) is False
    assert await acceptance(client) == before


async def test_copilots_notifications(client: Client, setting: Setting) -> None:
    _, item = await offered(client, setting, "copilot.py")
    before = await acceptance(client)
    await client.notify("textDocument/didShowCompletion", {"item": item})
    await client.notify(
        "textDocument/didPartiallyAcceptCompletion", {"item": item, "acceptedLength": 4}
    )
    await client.notify("textDocument/didFocus", {"textDocument": {"uri": "file:///x.py"}})
    for broken in ({}, {"item": None}, {"item": {"command": {}}, "acceptedLength": "4"}):
        await client.notify("textDocument/didPartiallyAcceptCompletion", broken)
    after = await acceptance(client)
    assert after["partially_accepted"] == before["partially_accepted"] + 1
    assert after["accepted_characters"] == before["accepted_characters"] + 4


async def test_reindex(client: Client, setting: Setting) -> None:
    assert await client.command("assistant.reindex") == 1


async def test_restart_engine(client: Client, setting: Setting) -> None:
    await client.command("assistant.restartEngine")
    await client.ready()
    _, item = await offered(client, setting, "restarted.py")
    assert item["insertText"] == "load(path)"
