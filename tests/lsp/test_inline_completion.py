"""``textDocument/inlineCompletion`` over a real stdio process and a real socket."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from lsp_client import Client, ResponseError
from lsp_setting import Setting

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUTOMATIC = 2


async def aborted(setting: Setting, before: int = 0) -> None:
    """Until the engine has seen one more client leave early."""
    await asyncio.to_thread(setting.engine.wait_for, lambda: len(setting.engine.aborted()) > before)


async def asked(setting: Setting, before: int) -> None:
    """Until the engine has been asked once more."""
    await asyncio.to_thread(
        setting.engine.wait_for, lambda: len(setting.engine.requests()) > before
    )


async def test_an_item(client: Client, setting: Setting) -> None:
    setting.engine.configure(default="load(path)")
    uri = setting.document("item.py")
    await client.open(uri, "import os\nx = \n")
    items = await client.inline(uri, 1, 4)
    at = {"line": 1, "character": 4}
    assert len(items) == 1
    assert items[0]["insertText"] == "load(path)"
    assert items[0]["range"] == {"start": at, "end": at}
    assert items[0]["command"]["command"] == "assistant.accept"
    assert len(items[0]["command"]["arguments"]) == 1


async def test_type_through_and_back_stay_here(client: Client, setting: Setting) -> None:
    setting.engine.configure(default="load(path)")
    uri = setting.document("through.py")
    await client.open(uri, "x = \n")
    first = await client.inline(uri, 0, 4, AUTOMATIC)
    before = len(setting.engine.requests())
    cached = (await client.status())["completions"]["cached"]
    for i, letter in enumerate("loa"):
        await client.insert(uri, 0, 4 + i, letter)
        items = await client.inline(uri, 0, 5 + i, AUTOMATIC)
        assert items[0]["insertText"] == "load(path)"[i + 1 :]
        assert items[0]["range"]["start"] == {"line": 0, "character": 5 + i}
        assert items[0]["command"] == first[0]["command"]
    back = {"start": {"line": 0, "character": 5}, "end": {"line": 0, "character": 7}}
    await client.change(uri, {"range": back, "text": ""})
    assert (await client.inline(uri, 0, 5, AUTOMATIC))[0]["insertText"] == "oad(path)"
    assert len(setting.engine.requests()) == before
    assert (await client.status())["completions"]["cached"] == cached + 4


async def test_cancelling_closes_the_engines_connection(client: Client, setting: Setting) -> None:
    setting.engine.configure(default="a + " * 40, chunk_delay_ms=100)
    uri = setting.document("cancel.py")
    await client.open(uri, "x = \n")
    before, left = len(setting.engine.requests()), len(setting.engine.aborted())
    identifier, answer = client.start_inline(uri, 0, 4)
    await asked(setting, before)
    await client.cancel(identifier)
    with pytest.raises(ResponseError) as refused:
        await answer
    assert refused.value.code == -32800  # RequestCancelled
    await aborted(setting, left)


async def test_a_newer_request_supersedes_the_older(client: Client, setting: Setting) -> None:
    setting.engine.configure(default="a + " * 40, chunk_delay_ms=100)
    uri = setting.document("supersede.py")
    await client.open(uri, "x = \ny = \n")
    before, left = len(setting.engine.requests()), len(setting.engine.aborted())
    _, older = client.start_inline(uri, 0, 4)
    await asked(setting, before)
    setting.engine.configure(default="two", chunk_delay_ms=0)
    items = await client.inline(uri, 1, 4)
    assert (await older)["items"] == []
    assert items[0]["insertText"] == "two"
    await aborted(setting, left)


async def test_typing_along_joins_the_running_request(client: Client, setting: Setting) -> None:
    setting.engine.configure(default="load_everything(path)", first_delay_ms=400)
    uri = setting.document("along.py")
    await client.open(uri, "x = \n")
    before = len(setting.engine.requests())
    _, older = client.start_inline(uri, 0, 4, AUTOMATIC)
    await asked(setting, before)
    await client.insert(uri, 0, 4, "lo")
    items = await client.inline(uri, 0, 6, AUTOMATIC)
    assert (await older)["items"] == []
    assert items[0]["insertText"] == "ad_everything(path)"
    assert len(setting.engine.requests()) == before + 1


async def test_typing_something_else_closes_it(client: Client, setting: Setting) -> None:
    setting.engine.configure(default="a + " * 40, chunk_delay_ms=100)
    uri = setting.document("else.py")
    await client.open(uri, "x = \n")
    before, left = len(setting.engine.requests()), len(setting.engine.aborted())
    _, older = client.start_inline(uri, 0, 4, AUTOMATIC)
    await asked(setting, before)
    await client.insert(uri, 0, 4, "zz")
    await aborted(setting, left)
    assert (await older)["items"] == []


async def test_two_documents_at_once(client: Client, setting: Setting) -> None:
    setting.engine.configure(rules=[["first_name", "one"], ["second_name", "two"]])
    uris = [setting.document("first.py"), setting.document("second.py")]
    await client.open(uris[0], "first_name = \n")
    await client.open(uris[1], "second_name = \n")
    answers = [client.start_inline(uris[0], 0, 13)[1], client.start_inline(uris[1], 0, 14)[1]]
    texts = [(await a)["items"][0]["insertText"] for a in answers]
    assert texts == ["one", "two"]


async def test_extends_the_item_selected_in_the_menu(client: Client, setting: Setting) -> None:
    setting.engine.configure(default="(path)")
    uri = setting.document("selected.py")
    await client.open(uri, "x = lo\n")
    where = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 6}}
    selected = {"range": where, "text": "load_file"}
    items = await client.inline(uri, 0, 6, selectedCompletionInfo=selected)
    assert items[0]["insertText"] == "load_file(path)"
    assert items[0]["range"] == where


async def test_an_answer_for_a_text_that_has_changed_is_not_shown(
    client: Client, setting: Setting
) -> None:
    setting.engine.configure(default="load()", first_delay_ms=300)
    uri = setting.document("stale.py")
    await client.open(uri, "x = \n")
    before = len(setting.engine.requests())
    _, answer = client.start_inline(uri, 0, 4)
    await asked(setting, before)
    await client.insert(uri, 0, 0, "# more\n")
    assert (await answer)["items"] == []


async def test_unsaved_and_foreign_documents(client: Client, setting: Setting) -> None:
    setting.engine.configure(default="load()")
    for uri in ("untitled:Untitled-1", "file:///elsewhere/a.py", "vscode-vfs://host/a.py"):
        await client.open(uri, "x = \n")
        items = await client.inline(uri, 0, 4)
        assert [i["insertText"] for i in items] == ["load()"], uri


async def test_after_closing_there_is_nothing(client: Client, setting: Setting) -> None:
    setting.engine.configure(default="load()")
    uri = setting.document("closed.py")
    await client.open(uri, "x = \n")
    await client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert await client.inline(uri, 0, 4) == []
    assert await client.inline(setting.document("never-opened.py"), 0, 0) == []


async def test_the_open_files_are_shown_to_the_model(client: Client, setting: Setting) -> None:
    setting.engine.configure(default="load()")
    other, uri = setting.document("other_open.py"), setting.document("asks.py")
    text = "def load_everything_at_once(path):\n    return open(path).read()\n"
    await client.open(other, text)
    await client.open(uri, "import other_open\n\nx = other_open.load_everything\n")
    await client.inline(uri, 2, 30)
    prompt: Any = setting.engine.requests()[-1]["prompt"]
    assert "load_everything_at_once" in prompt
