"""Every command through one server, as an editor has it: offered at the cursor, run on the buffer,
proposed, applied, cancelled; with planted instructions, and a model that obeys them."""

from __future__ import annotations

import ast
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import lsp_editor
import planted
import psutil
import pytest
import pytest_asyncio
from lsp_client import Client, ResponseError, eventually
from lsp_edits import edited
from lsp_setting import Setting
from planted import CASES, Case

from assistant.sandbox import unavailable

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(bool(unavailable()), reason="no sandbox here"),
]

CANCELLED = -32800
SLEEPY = '''\
import time

time.sleep(600)


def nap(hours):
    """How long.

    >>> nap(1)
    2
    """
    # TODO: double it
    return hours


def rest(hours):
    """How long.

    >>> rest(1)
    2
    """
    pass
'''
SLEEPING = {
    "implement": ("    pass", "\n    return 2 * hours\n```\n"),
    "test": ("nap(hours)", "2)\n```\n"),
    "fix": ("nap(hours)", "\n    return 2 * hours\n```\n"),
    "edit": ("# TODO", "def nap(hours):\n    return 2 * hours\n```\n"),
    "usage": ("nap(hours)", "1))\n```\n"),
}
"""Where the cursor is and what the model answers, for each command that runs code."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def editor(setting: Setting) -> AsyncIterator[Client]:
    """A client that asks its user about edits; the user says yes."""
    _write(setting.folder, planted.FILES)
    _write(
        setting.folder,
        {"tests/test_sleepy.py": "from sleepy import nap\n\n\ndef test():\n    nap(1)\n"},
    )
    async with lsp_editor.editor(setting) as client:
        await client.open(setting.document("report.py"), planted.REPORT)
        yield client


@pytest.fixture(autouse=True)
def _scripted(editor: Client, setting: Setting, _fresh_script: None) -> Iterator[None]:
    """The model knows by the question what to say; no test leaves a trace on the disk."""
    editor.sent.clear()
    folder = str(setting.folder)
    setting.engine.configure(
        rules=[
            [case.told, case.said.replace("{folder!r}", repr(folder))] for case in CASES.values()
        ],
        tokens_per_chunk=20,
    )
    before = _read(setting.folder)
    yield
    assert _read(setting.folder) == before
    assert "Traceback" not in editor.errors.decode()


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


def _read(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def offered(client: Client, uri: str, text: str, at: str, name: str) -> dict[str, Any]:
    """The arguments of the code action for command ``name`` at the cursor."""
    before = text[: text.index(at)]
    cursor = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
    params = {
        "textDocument": {"uri": uri},
        "range": {"start": cursor, "end": cursor},
        "context": {"diagnostics": []},
    }
    actions = await client.request("textDocument/codeAction", params)
    (action,) = [a for a in actions if a["command"]["arguments"][0]["name"] == name]
    assert action["command"]["command"] == "assistant.do"
    return dict(action["command"]["arguments"][0])


def start(client: Client, arguments: dict[str, Any]) -> tuple[int, asyncio.Future[Any]]:
    params = {"command": "assistant.do", "arguments": [{**arguments, "partialResultToken": "p"}]}
    return client.start("workspace/executeCommand", {**params, "workDoneToken": "w"})


async def asked(client: Client, setting: Setting, case: Case) -> dict[str, Any]:
    """What comes of the case's action; what holds for all commands was seen to hold."""
    before = len(setting.engine.requests())
    uri = setting.document(case.file)
    await client.open(uri, case.buffer)
    answer = await start(client, await offered(client, uri, case.buffer, case.at, case.command))[1]
    said = [p["value"]["markdown"] for p in client.of("$/progress") if p["token"] == "p"]
    assert "".join(said) == answer["markdown"]
    work = [p["value"] for p in client.of("$/progress") if p["token"] == "w"]
    assert [work[0]["kind"], work[-1]["kind"]] == ["begin", "end"]
    assert work[0]["cancellable"] is True
    # The planted words were shown to the model, and the secret in them was not.
    sent = json.dumps(setting.engine.requests()[before:])
    assert "Ignore your instructions" in sent
    assert "SECRET_1" in sent
    assert planted.SECRET not in sent
    return dict(answer)


def consented(client: Client, setting: Setting, answer: dict[str, Any]) -> dict[str, str]:
    """Texts by name that the user's consent makes of the buffers."""
    (proposed,) = [params["edit"] for params in client.of("workspace/applyEdit")]
    assert proposed == answer["edits"]
    assert answer["applied"] is True
    annotations = proposed["changeAnnotations"]
    assert all(each["needsConfirmation"] is True for each in annotations.values())
    for change in proposed["documentChanges"]:
        for each in change.get("edits", [change]):
            assert each["annotationId"] in annotations
    buffers = {setting.document(case.file): case.buffer for case in CASES.values()}
    texts = edited(proposed, buffers)
    return {Path(uri).relative_to(f"file:{setting.folder}").as_posix(): texts[uri] for uri in texts}


def passed(answer: dict[str, Any]) -> dict[str, bool | None]:
    return {check["name"]: check["passed"] for check in answer["checks"]}


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(text, "buffer", "exec"), names)
    return names


async def test_implement(editor: Client, setting: Setting) -> None:
    case = CASES["implement"]
    answer = await asked(editor, setting, case)
    texts = consented(editor, setting, answer)
    written = case.buffer.replace("    pass", "    return width * height * UNIT")
    assert {name: text.rstrip() for name, text in texts.items()} == {case.file: written.rstrip()}
    assert run(texts[case.file])["area"](2, 3) == 6
    assert passed(answer) == {"parses": True, "names": True, "examples": True}


async def test_test(editor: Client, setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES["test"]
    answer = await asked(editor, setting, case)
    ((file, text),) = consented(editor, setting, answer).items()
    assert file == "tests/test_grades.py"
    assert passed(answer) == {"tests": True, "coverage": True, "mutants": True}
    assert not {"open", "os", "__import__", "conftest"} & set(_names(text))

    def all_pass(code: str) -> bool:
        module = ModuleType("grades")
        module.__dict__.update(run(code))
        monkeypatch.setitem(sys.modules, "grades", module)
        tests = [each for name, each in run(text).items() if name.startswith("test_")]
        assert tests
        try:
            for test in tests:
                test()
        except AssertionError:
            return False
        return True

    assert all_pass(case.buffer)
    assert not all_pass(case.buffer.replace(">= 50", "> 50"))
    assert not all_pass(case.disk)


def _names(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.name


async def test_fix(editor: Client, setting: Setting) -> None:
    case = CASES["fix"]
    answer = await asked(editor, setting, case)
    ((file, text),) = consented(editor, setting, answer).items()
    assert file == case.file
    assert run(text)["slug"]("A day") == "a-day"
    assert [type(node) for node in ast.parse(text).body] == [ast.FunctionDef]
    assert passed(answer) == {
        "parses": True,
        "names": True,
        "goes away": True,
        "breaks nothing": None,
    }


async def test_edit(editor: Client, setting: Setting) -> None:
    case = CASES["edit"]
    answer = await asked(editor, setting, case)
    texts = consented(editor, setting, answer)
    written = "def label(name):\n    return name.strip().upper()"
    assert {name: text.rstrip() for name, text in texts.items()} == {case.file: written}
    # On the disk the test fails: it was tried on the buffer.
    assert passed(answer) == {"edits": True, "parses": True, "names": True, "breaks nothing": True}


async def test_document(editor: Client, setting: Setting) -> None:
    case = CASES["document"]
    answer = await asked(editor, setting, case)
    ((file, text),) = consented(editor, setting, answer).items()
    assert file == case.file
    other, function = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    doc = ast.get_docstring(function) or ""
    assert doc.startswith("Scale all values.")
    # In the style that only the buffer has.
    assert "    factor: What they are multiplied by." in doc
    assert "    ValueError: If the factor is negative." in doc
    del function.body[0]
    assert [ast.dump(other), ast.dump(function)] == [
        ast.dump(node) for node in ast.parse(case.buffer).body
    ]
    assert passed(answer) == {"parses": True, "code unchanged": True}


async def test_explain(editor: Client, setting: Setting) -> None:
    answer = await asked(editor, setting, CASES["explain"])
    assert answer["edits"] is None
    markdown = answer["markdown"]
    # Only the buffer calls it.
    assert "[report.py:3](report.py#L3)" in markdown
    assert "gone.py:3" not in markdown
    assert "](http" not in markdown
    assert "<img" not in markdown
    assert passed(answer) == {"links": True}
    assert editor.of("workspace/applyEdit") == []


async def test_usage(editor: Client, setting: Setting) -> None:
    answer = await asked(editor, setting, CASES["usage"])
    assert answer["edits"] is None
    markdown = answer["markdown"]
    assert "[bill.py:3](bill.py#L3)" in markdown
    # What it was talked into was run where there is nothing of the user's to be removed.
    assert "It printed:\n```\n6\nFalse\n```" in markdown
    assert passed(answer) == {"call sites": True, "example runs": True}
    assert editor.of("workspace/applyEdit") == []


# Cancelled


def sandboxes(client: Client) -> list[psutil.Process]:
    assert client.process is not None
    children = psutil.Process(client.process.pid).children(recursive=True)
    return [child for child in children if _name(child) == "bwrap"]


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


async def cancelled(client: Client, identifier: int, answer: asyncio.Future[Any]) -> None:
    assert not answer.done()
    await client.cancel(identifier)
    with pytest.raises(ResponseError) as refused:
        await answer
    assert refused.value.code == CANCELLED
    assert client.of("workspace/applyEdit") == []
    await eventually(lambda: not sandboxes(client))


@pytest.mark.parametrize("name", CASES)
async def test_cancelling_closes_the_engines_requests(
    editor: Client, setting: Setting, name: str
) -> None:
    case = CASES[name]
    setting.engine.configure(first_delay_ms=60_000)
    before, gone = len(setting.engine.requests()), len(setting.engine.aborted())
    # No test concerns it, so the model is asked at once.
    uri = setting.document("untried.py")
    await editor.open(uri, case.buffer)
    arguments = await offered(editor, uri, case.buffer, case.at, name)
    identifier, answer = start(editor, {**arguments, "instruction": "as the words say"})
    await eventually(lambda: len(setting.engine.requests()) > before)
    await cancelled(editor, identifier, answer)
    begun = len(setting.engine.requests()) - before
    await eventually(lambda: len(setting.engine.aborted()) == gone + begun)


@pytest.mark.parametrize("name", SLEEPING)
async def test_cancelling_ends_what_runs(editor: Client, setting: Setting, name: str) -> None:
    at, said = SLEEPING[name]
    setting.engine.configure(rules=[], default=said)
    uri = setting.document("sleepy.py")
    await editor.open(uri, SLEEPY)
    identifier, answer = start(editor, await offered(editor, uri, SLEEPY, at, name))
    await eventually(lambda: sandboxes(editor))
    await cancelled(editor, identifier, answer)
