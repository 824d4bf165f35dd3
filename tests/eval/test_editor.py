"""The editor's half against a real language server process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from eval.editor import ServerFailed, server


async def test_a_server_that_died_leaves_nobody_waiting(home: Path) -> None:
    async with server() as editor:
        await editor.initialize([], {"lsp.start_engine": False})
        waiting = asyncio.create_task(editor.request("no/answer/while/it/dies"))
        editor.process.kill()
        with pytest.raises(ServerFailed):
            await asyncio.wait_for(waiting, 30)
        await editor.process.wait()
        for _ in range(2):
            with pytest.raises(ServerFailed, match="has ended"):
                await asyncio.wait_for(editor.status(), 30)
