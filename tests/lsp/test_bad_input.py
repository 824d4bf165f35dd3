"""Documents and messages that no engine should see."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lsp_client import Client, ResponseError
from lsp_setting import Setting

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize(
    ("name", "text", "line", "character"),
    [
        ("huge.py", "x = 1\n" * 8_500_000, 5, 5),
        ("line.js", "a" * 1_000_000, 0, 1_000_000),
        ("wide.js", "é🙂" * 500_000, 0, 900_000),
        ("binary.bin", "\0\x01\x02ELF" * 1000, 0, 4),
    ],
)
async def test_too_large_or_binary(
    client: Client, setting: Setting, name: str, text: str, line: int, character: int
) -> None:
    setting.engine.configure(default="load()")
    uri = setting.document(name)
    before = len(setting.engine.requests())
    await client.open(uri, text)
    assert await client.inline(uri, line, character) == []
    await client.insert(uri, line, character, "y")
    assert await client.inline(uri, line, character + 1) == []
    await client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert len(setting.engine.requests()) == before


async def test_a_cursor_past_the_end(client: Client, setting: Setting) -> None:
    setting.engine.configure(default="load()")
    uri = setting.document("short.py")
    await client.open(uri, "x = 1\ny = ")
    for line, character in [(1, 400), (400, 0), (2**31 - 1, 2**31 - 1)]:
        items = await client.inline(uri, line, character)
        assert all(i["range"]["start"] == {"line": 1, "character": 4} for i in items)


@pytest.mark.parametrize("text", ["", "\n", "\r\n\r\n", "\t", "x = '\ud800'", "\ufeffx = 1"])
async def test_odd_but_legal_text(client: Client, setting: Setting, text: str) -> None:
    setting.engine.configure(default="load()")
    uri = setting.document("odd.py")
    await client.open(uri, text)
    for item in await client.inline(uri, 0, 0):
        assert item["insertText"]


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"textDocument": {"uri": "file:///a.py"}},
        {"textDocument": 3, "position": None, "context": []},
        {
            "textDocument": {"uri": "file:///a.py"},
            "position": {"line": "x", "character": 0},
            "context": {"triggerKind": 1},
        },
    ],
)
async def test_a_malformed_request_is_refused(client: Client, params: dict[str, Any]) -> None:
    with pytest.raises(ResponseError) as refused:
        await client.request("textDocument/inlineCompletion", params)
    assert refused.value.code in (-32602, -32603)


async def test_an_unknown_request_is_refused(client: Client) -> None:
    with pytest.raises(ResponseError) as refused:
        await client.request("assistant/nonsense", {})
    assert refused.value.code == -32601


async def test_an_unknown_command_is_refused(client: Client) -> None:
    with pytest.raises(ResponseError):
        await client.command("assistant.nonsense")


@pytest.mark.parametrize(
    "message",
    [b"{", b"[]", b'"text"', b"null", b'{"jsonrpc": "1.0"}', b"\xff\xfe", b'{"jsonrpc": "2.0"}'],
)
async def test_what_is_no_message_is_passed_over(client: Client, message: bytes) -> None:
    await client.raw(message)
    assert (await client.status())["engine"]["state"] == "ready"


async def test_changes_of_unknown_documents_are_passed_over(client: Client) -> None:
    await client.insert("file:///never.py", 0, 0, "x")
    await client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///never.py"}})
    await client.notify("textDocument/didSave", {"textDocument": {"uri": "file:///never.py"}})
    assert (await client.status())["engine"]["state"] == "ready"


async def test_nothing_of_it_was_a_traceback_or_a_popup(client: Client, setting: Setting) -> None:
    """Last in the file: what the server said of all the above."""
    text = client.errors.decode()
    assert "Traceback" not in text
    assert json.dumps(setting.engine.requests()).count("ELF") == 0
    assert client.shown() == []
