"""``workspace/executeCommand`` ``assistant.do``: a command, run on the buffer as it is now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from assistant.commands.protocol import Check, Command, Job, commands
from assistant.errors import AssistantError, EngineUnavailable, UsageError, where
from lsp.asked import DO, Asked
from lsp.code_actions import known, place_of
from lsp.progress import WorkDone
from lsp.server import AssistantServer
from lsp.workspace_edits import Proposal

logger = logging.getLogger(__name__)

PATIENCE = 300.0
"""Seconds between two pieces of the model's answer: a chat waits behind inline completion."""
_LONGEST = 200
"""Characters of what an edit is summed up in."""


class _Voice:
    """What the user sees of a command while it runs; may be called from any thread."""

    def __init__(self, ls: AssistantServer, title: str, partial: int | str | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._protocol = ls.protocol
        self._partial = partial
        task = asyncio.current_task()
        assert task is not None
        self._work = WorkDone(ls, title, ls.protocol.work_done_token, task.cancel, counted=False)
        self._work.report("")

    def say(self, text: str) -> None:
        self._loop.call_soon_threadsafe(self._said, text)

    def report(self, phrase: str) -> None:
        self._loop.call_soon_threadsafe(self._work.report, phrase)

    def end(self) -> None:
        """A token ends with its request."""
        self._partial = None
        self._work.end()

    def _said(self, text: str) -> None:
        if self._partial is not None and text:
            value = {"markdown": text}
            self._protocol.notify(types.PROGRESS, types.ProgressParams(self._partial, value))


async def do(ls: AssistantServer, *arguments: Any) -> dict[str, Any]:
    """``[{name, uri, range, …}]`` (:class:`lsp.asked.Asked`); answers ``{name, markdown, edits,
    checks, attempts, applied}``, the last as the client says it."""
    return await _answered(ls, lambda: Asked.read(arguments))


def named(name: str) -> Callable[..., Awaitable[dict[str, Any]]]:
    """``assistant.NAME``: the same, of one command."""

    async def run(ls: AssistantServer, *arguments: Any) -> dict[str, Any]:
        return await _answered(ls, lambda: Asked.read(arguments, name))

    return run


async def _answered(ls: AssistantServer, read: Callable[[], Asked]) -> dict[str, Any]:
    task = asyncio.current_task()
    assert task is not None
    ls.session.running.add(task)
    try:
        asked = read()
        if not ls.session.settings.lsp.commands:
            raise UsageError("commands are off: set lsp.commands to true")
        return await _done(ls, asked, commands().get(asked.name))
    except AssistantError as error:
        message = " ".join(str(error).split())
        raise JsonRpcException(message, types.LSPErrorCodes.RequestFailed) from error
    except Exception as error:
        # Its own words may quote source text.
        logger.error("a command failed: %s", where(error))
        code = types.ErrorCodes.InternalError
        raise JsonRpcException(f"the command failed: {where(error)}", code) from error
    finally:
        ls.session.running.discard(task)


async def _done(ls: AssistantServer, asked: Asked, command: Command) -> dict[str, Any]:
    from assistant import sandbox
    from assistant.commands.model import Model

    session = ls.session
    buffer = session.documents.get(asked.uri)
    if buffer is None:
        raise UsageError(f"{asked.uri} is not open in the editor: open it first")
    if not session.readable(buffer):
        raise UsageError(f"{buffer.path.name} is too large, or no text")
    if asked.version is not None and asked.version != buffer.version:
        raise UsageError(f"{buffer.path.name} has changed since this was offered: ask again")
    endpoint = session.engine.endpoint
    if endpoint is None:
        session.engine.nudge()
        why = session.engine.detail or session.engine.state
        raise EngineUnavailable(f"the engine is not ready ({why}): try again in a moment")
    place = place_of(session, buffer, asked.span)
    proposal = Proposal(ls, place, command.title)
    voice = _Voice(ls, command.title, asked.partial)
    window = session.settings.engine.max_model_len
    try:
        async with Model.open(endpoint, window, PATIENCE) as model:
            job = Job(
                place=place,
                model=model,
                run=sandbox.run,
                repository=session.repositories(place.root) if place.root else None,
                instruction=asked.instruction,
                material=asked.material,
                say=voice.say,
                report=voice.report,
            )
            answer = await command.run(job)
        # What was said last is on its way.
        await asyncio.sleep(0)
    finally:
        voice.end()
    if asked.show and answer.markdown and not answer.edits:
        shown = types.ShowMessageParams(types.MessageType.Info, answer.markdown)
        ls.window_show_message(shown)
    edits, applied = await proposal.make(answer.edits, asked.apply, _summary(answer.checks))
    return {
        "name": command.name,
        "markdown": answer.markdown,
        "edits": edits,
        "checks": [asdict(check) for check in answer.checks],
        "attempts": answer.attempts,
        "applied": applied,
    }


def _summary(checks: Sequence[Check]) -> str:
    """One line for the user who is asked: what did not hold comes first."""
    words = {False: "no", None: "not tried", True: "ok"}
    order = sorted(checks, key=lambda check: list(words).index(check.passed))
    parts = [
        f"{check.name}: {words[check.passed]}" + (f" ({check.detail})" * bool(check.detail))
        for check in order
    ]
    return " ".join(", ".join(parts).split())[:_LONGEST]


def register(server: AssistantServer) -> None:
    server.command(DO)(do)
    for command in known():
        name = f"assistant.{command.name}"
        if name not in server.protocol.fm.commands:
            server.command(name)(named(command.name))
