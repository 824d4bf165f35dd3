"""Commands as an editor has them: offered, run on the buffer, proposed, cancelled, refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from lsp_client import Client, ResponseError, eventually
from lsp_editor import STUB, at, code_actions, editor, opened
from lsp_setting import Setting

pytestmark = pytest.mark.asyncio(loop_scope="module")

BODY = "\n    return WIDTH * height\n"
CANCELLED = -32800
FAILED = -32803

APPLYING: dict[str, Any] = {"applyEdit": True}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asking(setting: Setting) -> AsyncIterator[Client]:
    async with editor(setting) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def applying(setting: Setting) -> AsyncIterator[Client]:
    """A client that applies what it is sent."""
    async with editor(setting, workspace=APPLYING) as client:
        yield client


@pytest.fixture(autouse=True)
def _forget(asking: Client, applying: Client) -> None:
    for client in (asking, applying):
        client.sent.clear()


def asked(name: str, uri: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "uri": uri, "range": at(5), **more}


# Run


async def test_the_edit_is_proposed(asking: Client, setting: Setting) -> None:
    setting.engine.configure(default=BODY)
    uri = await opened(asking, setting, "proposed.py", "")
    await asking.change(uri, {"text": STUB}, version=7)
    other = await opened(asking, setting, "unsaved_other.py", "UNSAVED = 1\n")
    answer = await asking.command("assistant.do", asked("implement", uri))
    proposed = asking.of("workspace/applyEdit")[0]["edit"]
    assert proposed == answer["edits"]
    (annotation,) = proposed["changeAnnotations"].values()
    assert annotation["needsConfirmation"] is True
    assert annotation["label"] == "Implement this"
    assert "parses: ok" in annotation["description"]
    (change,) = proposed["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 7}
    (edit,) = change["edits"]
    assert edit["annotationId"] in proposed["changeAnnotations"]
    assert edit["newText"].rstrip() == "\n    return WIDTH * height"
    assert edit["range"]["start"] == {"line": 4, "character": 16}
    assert answer["applied"] is True
    # Nothing tells answers apart here but how many agree.
    assert answer["attempts"] == 4
    assert {"name": "parses", "passed": True, "detail": ""} in answer["checks"]
    await asking.notify("textDocument/didClose", {"textDocument": {"uri": other}})


async def test_offsets_are_in_the_clients_units(asking: Client, setting: Setting) -> None:
    setting.engine.configure(default="done")
    uri = await opened(asking, setting, "units.py", 'a = "🙂🙂"; b = 1\r\nc = 2\r\n')
    instruction = json.dumps([["units.py", 10, 15, "b = 3\nd = 4"]])
    answer = await asking.command("assistant.recite", asked("", uri, instruction=instruction))
    (edit,) = answer["edits"]["documentChanges"][0]["edits"]
    # The two faces are a character each for the command and two units each for the client.
    assert edit["range"] == at(0, 12, 17)
    assert edit["newText"] == "b = 3\r\nd = 4"


async def test_other_files_and_new_ones(asking: Client, setting: Setting) -> None:
    setting.engine.configure(default="done")
    (setting.folder / "on_disk.py").write_text("x = 1\ny = 2\n")
    uri = await opened(asking, setting, "several.py")
    listed = [["made/new.py", 0, 0, "z = 3\n"], ["on_disk.py", 10, 11, "5"]]
    instruction = json.dumps(listed)
    answer = await asking.command("assistant.do", asked("recite", uri, instruction=instruction))
    on_disk, made, filled = answer["edits"]["documentChanges"]
    identifier = {"uri": setting.document("on_disk.py"), "version": None}
    assert on_disk["textDocument"] == identifier
    assert on_disk["edits"][0]["range"] == at(1, 4, 5)
    assert (made["kind"], made["uri"]) == ("create", setting.document("made/new.py"))
    assert made["annotationId"] == filled["edits"][0]["annotationId"]
    assert filled["edits"][0]["newText"] == "z = 3\n"
    assert not (setting.folder / "made").exists()
    assert (setting.folder / "on_disk.py").read_text() == "x = 1\ny = 2\n"


async def test_files_outside_the_workspace_are_left_alone(asking: Client, setting: Setting) -> None:
    setting.engine.configure(default="done")
    uri = await opened(asking, setting, "outside.py")
    instruction = json.dumps([["../elsewhere.py", 0, 0, "x"]])
    with pytest.raises(ResponseError, match="outside the workspace folder") as refused:
        await asking.command("assistant.do", asked("recite", uri, instruction=instruction))
    assert refused.value.code == FAILED
    assert asking.of("workspace/applyEdit") == []


async def test_what_is_chosen_of_several_is_a_partial_result_too(
    asking: Client, setting: Setting
) -> None:
    setting.engine.configure(default=BODY)
    uri = await opened(asking, setting, "chosen.py")
    given = asked("implement", uri, partialResultToken="p9", apply=False)
    answer = await asking.command("assistant.do", given)
    said = [each["value"] for each in asking.of("$/progress") if each["token"] == "p9"]
    assert said == [{"markdown": answer["markdown"]}]


async def test_no_edit_is_sent_unasked_where_nobody_can_be_asked(
    applying: Client, setting: Setting
) -> None:
    setting.engine.configure(default=BODY)
    uri = await opened(applying, setting, "unasked.py")
    answer = await applying.command("assistant.do", asked("implement", uri))
    assert answer["applied"] is False
    assert applying.of("workspace/applyEdit") == []
    (edit,) = answer["edits"]["changes"][uri]
    assert edit["newText"].rstrip() == "\n    return WIDTH * height"
    answer = await applying.command("assistant.do", asked("implement", uri, apply=True))
    assert answer["applied"] is True
    assert applying.of("workspace/applyEdit")[0]["edit"] == answer["edits"]


@pytest.mark.parametrize("title", ["Apply", "Leave it", None])
async def test_an_action_asks_where_the_client_does_not(
    applying: Client, setting: Setting, title: str | None
) -> None:
    setting.engine.configure(default=BODY)
    uri = await opened(applying, setting, f"action{title}.py".replace(" ", ""))
    applying.answers["window/showMessageRequest"] = lambda params: title and {"title": title}
    answer = await applying.command("assistant.do", asked("implement", uri, show=True))
    (message,) = [each["message"] for each in applying.of("window/showMessageRequest")]
    assert "Implement this: change action" in message
    assert answer["applied"] is (title == "Apply")
    assert len(applying.of("workspace/applyEdit")) == (title == "Apply")


async def test_a_buffer_that_changed_meanwhile_is_not_edited(
    asking: Client, setting: Setting
) -> None:
    setting.engine.configure(default=BODY, first_delay_ms=400)
    uri = await opened(asking, setting, "meanwhile.py")
    before = len(setting.engine.requests())
    _, answer = asking.start(
        "workspace/executeCommand",
        {"command": "assistant.do", "arguments": [asked("implement", uri)]},
    )
    await eventually(lambda: len(setting.engine.requests()) > before)
    await asking.insert(uri, 0, 0, "# typed\n")
    result = await answer
    assert result["applied"] is False
    assert result["edits"] is None
    assert "return WIDTH * height" in result["markdown"]
    assert asking.of("workspace/applyEdit") == []
    (message,) = asking.shown()
    assert "meanwhile.py has changed meanwhile" in message
    # And a range read off an older version is of no use.
    with pytest.raises(ResponseError, match="has changed since"):
        await asking.command("assistant.do", asked("implement", uri, version=1))


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ({"applied": False}, []),
        ({"applied": False, "failureReason": "read-only"}, ["nothing was applied: read-only"]),
        (None, ["nothing was applied"]),
    ],
)
async def test_the_users_no(
    asking: Client,
    setting: Setting,
    monkeypatch: pytest.MonkeyPatch,
    reply: Any,
    said: list[str],
) -> None:
    setting.engine.configure(default=BODY)
    uri = await opened(asking, setting, "no.py")
    refuse: Callable[[Any], Any] = lambda params: reply  # noqa: E731
    monkeypatch.setitem(asking.answers, "workspace/applyEdit", refuse)
    answer = await asking.command("assistant.do", asked("implement", uri))
    assert answer["applied"] is False
    assert answer["edits"]
    assert len(asking.shown()) == len(said)
    assert all(part in shown for part, shown in zip(said, asking.shown(), strict=True))


# While it runs


async def test_markdown_comes_in_pieces_before_the_result(asking: Client, setting: Setting) -> None:
    setting.engine.configure(default="one two three", chunk_delay_ms=30)
    uri = await opened(asking, setting, "pieces.py")
    params = {
        "command": "assistant.do",
        "arguments": [asked("recite", uri, partialResultToken="p1")],
        "workDoneToken": 42,
    }
    _, answer = asking.start("workspace/executeCommand", params)
    await asking.until("$/progress", lambda p: p["token"] == "p1")
    assert not answer.done()
    result = await answer
    pieces = [p["value"]["markdown"] for p in asking.of("$/progress") if p["token"] == "p1"]
    assert len(pieces) > 1
    assert "".join(pieces) == result["markdown"] == "one two three"
    work = [p["value"] for p in asking.of("$/progress") if p["token"] == 42]
    assert [value["kind"] for value in work] == ["begin", "report", "end"]
    assert work[0]["title"] == "Recite"
    assert work[0]["cancellable"] is True
    assert "percentage" not in work[0]
    assert work[1]["message"] == "reciting"
    # With a token of its own, the client is asked for none.
    assert asking.of("window/workDoneProgress/create") == []


async def begun(client: Client, setting: Setting, name: str) -> tuple[int, Any, Any]:
    """A command that the engine is working on: its id, its answer to come, its token."""
    setting.engine.configure(default=BODY, first_delay_ms=60_000)
    uri = await opened(client, setting, name)
    before = len(setting.engine.requests())
    identifier, answer = client.start(
        "workspace/executeCommand",
        {"command": "assistant.do", "arguments": [asked("implement", uri)]},
    )
    begin = await client.until("$/progress", lambda p: p["value"].get("kind") == "begin")
    await eventually(lambda: len(setting.engine.requests()) > before)
    return identifier, answer, begin["token"]


@pytest.mark.parametrize("way", ["request", "progress"])
async def test_cancelling_closes_the_engines_request(
    asking: Client, setting: Setting, way: str
) -> None:
    before = len(setting.engine.aborted())
    identifier, answer, token = await begun(asking, setting, f"cancelled_{way}.py")
    if way == "request":
        await asking.cancel(identifier)
    else:
        await asking.notify("window/workDoneProgress/cancel", {"token": token})
    with pytest.raises(ResponseError) as cancelled:
        await answer
    assert cancelled.value.code == CANCELLED
    # The token's last word came before the request's.
    ends = [p for p in asking.of("$/progress") if p["value"].get("kind") == "end"]
    assert [p["token"] for p in ends] == [token]
    await eventually(lambda: len(setting.engine.aborted()) == before + 1)
    assert asking.of("workspace/applyEdit") == []
    assert (await asking.status())["engine"]["state"] == "ready"


async def test_a_client_that_goes_takes_its_commands_along(setting: Setting) -> None:
    before = len(setting.engine.aborted())
    async with editor(setting) as client:
        _, answer, _ = await begun(client, setting, "left.py")
    with pytest.raises(ResponseError):
        await answer
    await eventually(lambda: len(setting.engine.aborted()) == before + 1)


async def test_completion_goes_on_beside_a_command(asking: Client, setting: Setting) -> None:
    identifier, answer, _ = await begun(asking, setting, "beside.py")
    setting.engine.configure(default="load()", first_delay_ms=0)
    uri = await opened(asking, setting, "beside_completion.py", "x = \n")
    assert [i["insertText"] for i in await asking.inline(uri, 0, 4)] == ["load()"]
    await asking.cancel(identifier)
    await asyncio.wait([answer])
    assert answer.exception() is not None


# Refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "takes one object"),
        (["implement"], "takes one object"),
        ([{"name": "implement"}], "uri"),
        ([{"name": "implement", "uri": "file:///never.py", "range": at(-1)}], "range.start.line"),
        ([{"name": "implement", "uri": "file:///never.py", "range": at(0)}], "not open"),
        ([{"name": "nonsense", "uri": "file:///never.py", "range": at(0)}], "implement"),
        ([{"name": "implement", "uri": 3, "range": at(0)}], "uri"),
    ],
)
async def test_faults_are_one_line(asking: Client, arguments: list[Any], said: str) -> None:
    with pytest.raises(ResponseError) as refused:
        await asking.command("assistant.do", *arguments)
    assert refused.value.code == FAILED
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_faults_of_the_command_and_the_engine_are_one_line(
    asking: Client, setting: Setting
) -> None:
    uri = await opened(asking, setting, "faults.py", "x = 1\n")
    with pytest.raises(ResponseError, match="no function stands there"):
        await asking.command("assistant.implement", {**asked("", uri), "range": at(0)})
    setting.engine.configure(refuse=500)
    uri = await opened(asking, setting, "refusing.py")
    with pytest.raises(ResponseError, match="told to refuse") as refused:
        await asking.command("assistant.do", asked("implement", uri))
    assert refused.value.code == FAILED
    setting.engine.configure(refuse=0)
    with pytest.raises(ResponseError, match="JSONDecodeError at") as broken:
        await asking.command("assistant.do", asked("recite", uri, instruction="secret ["))
    assert "secret" not in str(broken.value)
    assert "secret" not in asking.errors.decode()
    assert "Traceback" not in asking.errors.decode()
    assert (await asking.status())["engine"]["state"] == "ready"


async def test_no_engine_yet(setting: Setting) -> None:
    async with setting.server(url="http://127.0.0.1:9/v1") as client:
        await client.initialize(setting.folder)
        await client.until("window/showMessage")
        uri = await opened(client, setting, "engineless.py")
        with pytest.raises(ResponseError, match="the engine is not ready") as refused:
            await client.command("assistant.do", asked("implement", uri))
        assert "\n" not in str(refused.value)


async def test_switched_off(setting: Setting) -> None:
    async with setting.server("--set", "lsp.commands=false") as client:
        await client.initialize(setting.folder)
        await client.ready()
        uri = await opened(client, setting, "off.py")
        assert await code_actions(client, uri, at(5)) == []
        with pytest.raises(ResponseError, match="commands are off"):
            await client.command("assistant.do", asked("implement", uri))
