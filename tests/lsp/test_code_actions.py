"""Code actions: the commands that make sense at a place, with what an editor knows of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from lsp_client import Client
from lsp_editor import at, code_actions, editor, opened
from lsp_setting import Setting

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(setting: Setting) -> AsyncIterator[Client]:
    async with editor(setting) as client:
        yield client


@pytest.fixture(autouse=True)
def _forget(asking: Client) -> None:
    asking.sent.clear()


async def test_advertised(asking: Client) -> None:
    provider = asking.capabilities["codeActionProvider"]
    assert provider["resolveProvider"] is False
    assert {"quickfix", "refactor.rewrite"} <= set(provider["codeActionKinds"])
    commands = asking.capabilities["executeCommandProvider"]["commands"]
    assert {"assistant.do", "assistant.implement", "assistant.recite"} <= set(commands)


async def test_offered_on_a_stub_and_not_on_prose(asking: Client, setting: Setting) -> None:
    uri = await opened(asking, setting, "offered.py")
    found = {
        a["command"]["arguments"][0]["name"]: a for a in await code_actions(asking, uri, at(5, 4))
    }
    action = found["implement"]
    assert action["kind"] == "refactor.rewrite"
    assert action["command"]["command"] == "assistant.do"
    expected = {"name": "implement", "uri": uri, "range": at(5, 4), "version": 1, "show": True}
    assert action["command"]["arguments"] == [expected]
    prose = await opened(asking, setting, "prose.md", "# Area\n\nWidth times height.\n")
    offered = await code_actions(asking, prose, at(2))
    assert "implement" not in [a["command"]["arguments"][0]["name"] for a in offered]


@pytest.mark.parametrize(
    ("only", "there"),
    [(["refactor"], True), (["refactor.rewrite"], True), ([""], True), (["quickfix"], False)],
)
async def test_only_the_kinds_asked_for(
    asking: Client, setting: Setting, only: list[str], there: bool
) -> None:
    uri = await opened(asking, setting, "only.py")
    found = [a["kind"] for a in await code_actions(asking, uri, at(5), only=only)]
    assert ("refactor.rewrite" in found) is there


async def test_diagnostics_are_the_commands_material(asking: Client, setting: Setting) -> None:
    uri = await opened(asking, setting, "diagnostic.py", "x = recite\n")
    diagnostic = {"range": at(0, 4, 10), "message": "undefined", "source": "ruff", "code": "F821"}
    found = await code_actions(asking, uri, at(0, 4, 10), diagnostics=[diagnostic])
    action = next(a for a in found if a["title"] == "Recite")
    assert action["diagnostics"][0]["message"] == "undefined"
    setting.engine.configure(default="said")
    answer = await asking.command("assistant.do", *action["command"]["arguments"])
    assert answer["markdown"] == "said"
    content = json.loads(setting.engine.requests()[-1]["messages"][0]["content"])
    assert content[1] == {"diagnostic": "line 1: undefined [ruff F821]"}
    # Nobody reads the answer of an action's command.
    assert asking.shown() == ["said"]


@pytest.mark.parametrize("text", ["", "\0\1", "raise here", "x" * 2_000_001, "def f(:\n\r\ud800"])
async def test_odd_documents_offer_little_and_never_fail(
    asking: Client, setting: Setting, text: str
) -> None:
    uri = await opened(asking, setting, "odd.py", text)
    for line, character in [(0, 0), (0, 5), (400, 400)]:
        assert isinstance(await code_actions(asking, uri, at(line, character)), list)
    assert await code_actions(asking, setting.document("never.py"), at(0)) == []
    assert "Traceback" not in asking.errors.decode()
    assert asking.shown() == []


async def test_clients_of_old_get_commands(setting: Setting) -> None:
    async with setting.server() as client:
        await client.initialize(setting.folder, capabilities={})
        uri = await opened(client, setting, "old.py")
        found = await code_actions(client, uri, at(5))
        assert "assistant.do" in [a["command"] for a in found]
