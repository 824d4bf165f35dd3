"""``textDocument/completion``, for clients that know no inline completion."""

from __future__ import annotations

from typing import Any

import pytest
from lsp_setting import Setting


@pytest.mark.slow
async def test_the_suggestion_as_a_menu_item(setting: Setting) -> None:
    setting.engine.configure(rules=[["one_line", "ad(path)"], ["many", "\n    return 1\n"]])
    async with setting.server() as client:
        await client.initialize(setting.folder, capabilities={"textDocument": {}})
        await client.ready()
        uri = setting.document("menu.py")
        await client.open(uri, "one_line = lo\n")
        answer = await completion(client, uri, 0, 13)
        item = answer["items"][0]
        assert answer["isIncomplete"] is True
        assert item["label"] == "load(path)"
        assert item["preselect"] is True
        assert item["filterText"] == "load(path)"
        assert item["command"]["command"] == "assistant.accept"
        # The item replaces the word that was typed, or a menu would not match it.
        assert item["textEdit"] == {
            "range": {
                "start": {"line": 0, "character": 11},
                "end": {"line": 0, "character": 13},
            },
            "newText": "load(path)",
        }

        several = setting.document("several.py")
        await client.open(several, "def many():")
        item = (await completion(client, several, 0, 11))["items"][0]
        assert item["textEdit"]["newText"].endswith("\n    return 1")
        assert "return 1" in item["documentation"]["value"]

        assert (await completion(client, "file:///never.py", 0, 0))["items"] == []


async def completion(client: Any, uri: str, line: int, character: int) -> dict[str, Any]:
    answer = await client.request(
        "textDocument/completion",
        {
            "textDocument": {"uri": uri},
            "position": {"line": line, "character": character},
            "context": {"triggerKind": 1},
        },
    )
    return dict(answer)
