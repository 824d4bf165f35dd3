"""Commands with nothing replaced: a project, the language server, vLLM, the sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import lsp_client
import pytest
from lsp_client import Client, eventually, stdio

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

STUB = '''\
def area(width, height):
    """The area of a rectangle.

    >>> area(2, 3)
    6
    """
    pass
'''
USED = "from shapes import area\n\nprint(area(4, 5))\n"
CAPABILITIES: dict[str, Any] = {
    "textDocument": {"inlineCompletion": {}},
    "window": {"workDoneProgress": True},
    "workspace": {
        "workspaceFolders": True,
        "applyEdit": True,
        "workspaceEdit": {
            "documentChanges": True,
            "changeAnnotationSupport": {"groupsOnLabel": True},
        },
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shapes"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'shapes'\nversion = '1'\n")
    (folder / "shapes.py").write_text(STUB)
    (folder / "main.py").write_text(USED)
    return folder


async def ready(client: Client) -> None:
    async def is_ready() -> bool:
        return bool((await client.status())["engine"]["state"] == "ready")

    await eventually(is_ready, 300)


@pytest.mark.asyncio
async def test_a_function_is_written_in_the_editor_and_has_been_run(
    real_home: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lsp_client, "ENGINE_READY", 300.0)
    proposed: list[Any] = []

    def consents(params: Any) -> Any:
        proposed.append(params)
        return {"applied": True}

    async with stdio() as client:
        client.answers["workspace/applyEdit"] = consents
        await client.initialize(project, capabilities=CAPABILITIES)
        await ready(client)
        uri = (project / "shapes.py").as_uri()
        await client.open(uri, STUB)
        cursor = {"line": 6, "character": 4}
        done = await client.command(
            "assistant.do",
            {"name": "implement", "uri": uri, "range": {"start": cursor, "end": cursor}},
        )
    assert done["applied"] is True
    assert {check["name"]: check["passed"] for check in done["checks"]}["examples"] is True
    (asked,) = proposed
    (change,) = asked["edit"]["documentChanges"]
    (annotation,) = asked["edit"]["changeAnnotations"].values()
    assert annotation["needsConfirmation"] is True
    # The answer is the editor's to write.
    assert (project / "shapes.py").read_text() == STUB
    (edit,) = change["edits"]
    assert edit["range"]["start"]["line"] >= 5
    assert "return" in edit["newText"]


def test_usage_is_shown_on_the_command_line_with_what_it_printed(
    real_home: Path, project: Path
) -> None:
    (project / "shapes.py").write_text(STUB.replace("    pass", "    return width * height"))
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "do", "usage", "shapes.py", "--line", "0", "--json"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "main.py:3" in answer["markdown"]
    sites, runs = answer["checks"]
    assert sites == {"name": "call sites", "passed": True, "detail": "1 found"}
    assert runs["passed"] is True, runs
    assert "An example that was run" in answer["markdown"]
