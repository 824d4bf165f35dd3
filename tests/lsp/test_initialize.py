"""What the server says of itself, on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from lsp_setting import Setting


async def test_advertises_inline_completion(setting: Setting) -> None:
    async with setting.server() as client:
        result = await client.initialize(setting.folder)
        capabilities = result["capabilities"]
        # An empty object, not null: clients take the key's presence for support.
        assert capabilities["inlineCompletionProvider"] == {}
        # The menu would show everything twice.
        assert "completionProvider" not in capabilities
        assert capabilities["textDocumentSync"]["openClose"] is True
        assert capabilities["textDocumentSync"]["change"] == 2
        assert capabilities["workspace"]["workspaceFolders"]["supported"] is True
        # And one a command of the catalogue.
        assert set(capabilities["executeCommandProvider"]["commands"]) >= {
            "assistant.accept",
            "assistant.partialAccept",
            "assistant.reject",
            "assistant.reindex",
            "assistant.restartEngine",
            "assistant.do",
        }
        assert result["serverInfo"]["name"] == "assistant"


@pytest.mark.slow
async def test_advertises_the_menu_to_clients_without_ghost_text(setting: Setting) -> None:
    async with setting.server() as client:
        await client.initialize(setting.folder, capabilities={"textDocument": {}})
        assert "." in client.capabilities["completionProvider"]["triggerCharacters"]


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, "utf-16"),
        (["utf-8", "utf-16"], "utf-8"),
        (["utf-32", "utf-8"], "utf-32"),
        (["utf-7", "utf-16"], "utf-16"),
    ],
)
@pytest.mark.slow
async def test_position_encodings(setting: Setting, offered: list[str] | None, chosen: str) -> None:
    """With characters before the cursor that take one to four units."""
    width = {"utf-8": 4 + 2 + 3, "utf-16": 2 + 1 + 1, "utf-32": 3}[chosen]
    setting.engine.configure(default="load(path)")
    uri = setting.document(f"encoding_{chosen}.py")
    async with setting.server() as client:
        await client.initialize(setting.folder, encodings=offered)
        assert client.capabilities["positionEncoding"] == chosen
        await client.ready()
        await client.open(uri, "s = '🙂é€' + y\n")
        # Replace the "y" behind them: an edit in the client's units.
        y = 5 + width + 4
        await client.change(uri, {"range": span(0, y, y + 1), "text": ""})
        items = await client.inline(uri, 0, y)
        assert [i["insertText"] for i in items] == ["load(path)"]
        assert items[0]["range"] == span(0, y, y)
        assert "s = '🙂é€' + " in str(setting.engine.requests()[-1]["prompt"])


def span(line: int, start: int, end: int) -> dict[str, Any]:
    return {
        "start": {"line": line, "character": start},
        "end": {"line": line, "character": end},
    }
