"""Workspace folders, and what the index knows of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_client import Client, eventually
from lsp_setting import Setting

from assistant.context import Repository
from assistant.context.store import index_file
from assistant.settings import ContextSettings


async def indexed(client: Client, *roots: Path) -> None:
    """Until exactly these folders have an index."""

    async def done() -> bool:
        found = {i["root"]: i["state"] for i in (await client.status())["indexes"]}
        assert "failed" not in found.values(), await client.status()
        return found == {str(root): "ready" for root in roots}

    await eventually(done)


def project(folder: Path, name: str) -> Path:
    root = folder / name
    root.mkdir()
    (root / f"{name}_store.py").write_text(
        f"class {name.title()}Store:\n"
        f"    def open_{name}_ledger(self, path: str) -> bytes:\n"
        f'        """Reads the ledger of {name}."""\n'
        f"        return b''\n"
    )
    return root


@pytest.mark.slow
async def test_several_folders(setting: Setting, tmp_path: Path) -> None:
    setting.engine.configure(default="ledger(path)")
    apples, pears = project(tmp_path, "apples"), project(tmp_path, "pears")
    async with setting.server() as client:
        await client.initialize(apples)
        await client.ready()
        await indexed(client, apples)
        await client.until("$/progress", lambda p: p["value"]["kind"] == "end")
        await client.notify(
            "workspace/didChangeWorkspaceFolders",
            {"event": {"added": [{"uri": pears.as_uri(), "name": "pears"}], "removed": []}},
        )
        await indexed(client, apples, pears)
        for root, other in ((apples, pears), (pears, apples)):
            name = root.name
            uri = (root / "use.py").as_uri()
            text = f"from {name}_store import {name.title()}Store\n\n{name.title()}Store().\n"
            await client.open(uri, text)
            assert await client.inline(uri, 2, len(f"{name.title()}Store()."))
            prompt = str(setting.engine.requests()[-1]["prompt"])
            assert f"open_{name}_ledger" in prompt
            assert f"open_{other.name}_ledger" not in prompt
        await client.notify(
            "workspace/didChangeWorkspaceFolders",
            {"event": {"added": [], "removed": [{"uri": apples.as_uri(), "name": "apples"}]}},
        )
        await indexed(client, pears)


@pytest.mark.slow
async def test_saved_and_deleted_files_reach_the_index(setting: Setting, tmp_path: Path) -> None:
    setting.engine.configure(default="thing()")
    root = project(tmp_path, "plums")
    async with setting.server("--set", "context.watch=false") as client:
        await client.initialize(root)
        await client.ready()
        await indexed(client, root)
        uri, use = (root / "fresh.py").as_uri(), (root / "use.py").as_uri()
        (root / "fresh.py").write_text("def a_brand_new_thing() -> int:\n    return 1\n")
        await client.open(uri, (root / "fresh.py").read_text())
        await client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        await client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        await client.open(use, "from fresh import a_brand_new_thing\n\nx = \n")

        async def shown() -> bool:
            await client.insert(use, 2, 4, "a")
            await client.inline(use, 2, 5)
            prompt = str(setting.engine.requests()[-1]["prompt"])
            return "def a_brand_new_thing() -> int" in prompt

        async def not_shown() -> bool:
            return not await shown()

        await eventually(shown)
        (root / "fresh.py").unlink()
        change = {"changes": [{"uri": uri, "type": 3}]}
        await client.notify("workspace/didChangeWatchedFiles", change)
        await eventually(not_shown)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["saved", "asked"])
async def test_a_deleted_index_comes_back(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", setting.env["ASSISTANT_HOME"])
    setting.engine.configure(default="ledger(path)")
    root = project(tmp_path, "figs")
    (root / "other.py").write_text("def other() -> int:\n    return 1\n")
    async with setting.server("--set", "context.watch=false") as client:
        await client.initialize(root)
        await client.ready()
        await indexed(client, root)
        uri, use = (root / "other.py").as_uri(), (root / "use.py").as_uri()
        await client.open(use, "from figs_store import FigsStore\n\nFigsStore().\n")
        file = index_file(root)
        for path in file.parent.glob(f"{file.stem}*"):
            path.unlink()
        if how == "saved":
            await client.open(uri, (root / "other.py").read_text())
            await client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})

        async def known() -> bool:
            if how == "asked":
                await client.insert(use, 2, 0, " ")
                await client.inline(use, 2, len(" FigsStore()."))
            if not file.is_file():
                return False
            with Repository.open(root, ContextSettings()) as repository:
                return repository.defines("open_figs_ledger")

        await eventually(known)
