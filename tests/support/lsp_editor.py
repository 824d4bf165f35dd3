"""An editor that asks its user about edits, connected to a server of its own; the user says yes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lsp_client import Client, stdio
from lsp_setting import Setting

ASKING: dict[str, Any] = {
    "applyEdit": True,
    "workspaceEdit": {
        "documentChanges": True,
        "resourceOperations": ["create"],
        "changeAnnotationSupport": {"groupsOnLabel": True},
    },
}
"""What it can do with edits."""
STUB = 'MARK = "🙂"; WIDTH = 3\n\n\ndef area(height: int) -> int:\n    """Of it."""\n    pass\n'


@asynccontextmanager
async def editor(
    setting: Setting, *arguments: str, workspace: dict[str, Any] = ASKING
) -> AsyncIterator[Client]:
    """Its server has an engine and the folder ``setting.folder``, and knows the command
    ``recite``."""
    env = {**setting.env, "ASSISTANT_PLUGINS": "fake_command"}
    literal = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}}}
    capabilities = {
        "textDocument": {"inlineCompletion": {}, "codeAction": literal},
        "window": {"workDoneProgress": True},
        "workspace": {"workspaceFolders": True, **workspace},
    }
    async with stdio("--set", f"engine.url={setting.url}", *arguments, env=env) as client:
        await client.initialize(setting.folder, capabilities=capabilities)
        client.answers["workspace/applyEdit"] = lambda params: {"applied": True}
        await client.ready()
        yield client


def at(line: int, character: int = 0, end: int | None = None) -> dict[str, Any]:
    last = {"line": line, "character": character if end is None else end}
    return {"start": {"line": line, "character": character}, "end": last}


async def code_actions(client: Client, uri: str, span: dict[str, Any], **context: Any) -> list[Any]:
    params = {"textDocument": {"uri": uri}, "range": span}
    context = {"diagnostics": [], **context}
    return list(await client.request("textDocument/codeAction", {**params, "context": context}))


async def opened(client: Client, setting: Setting, name: str, text: str = STUB) -> str:
    uri = setting.document(name)
    await client.open(uri, text)
    return uri
