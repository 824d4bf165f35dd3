"""What commands and chats share: an engine, what the user sees meanwhile, errors of one line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from assistant.commands.protocol import Answer, Check
from assistant.engines.protocol import Endpoint
from assistant.errors import AssistantError, EngineUnavailable, UsageError, where
from assistant.sandbox import PythonEnvironment
from assistant.sandbox.environments import find
from lsp.documents import Buffer
from lsp.progress import WorkDone
from lsp.server import AssistantServer
from lsp.session import Session
from lsp.workspace_edits import Proposal

_Answer = TypeVar("_Answer")
logger = logging.getLogger(__name__)

PATIENCE = 300.0
"""Seconds between two pieces of the model's answer: a chat waits behind inline completion."""
_LONGEST = 200
"""Characters of what an edit is summed up in."""


class Voice:
    """What the user sees of one request while it runs; may be called from any thread. ``partial``
    is its token for partial results, ``token`` that for its progress; cancelling that cancels the
    task that made this."""

    def __init__(
        self,
        ls: AssistantServer,
        title: str,
        partial: int | str | None,
        token: int | str | None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._protocol = ls.protocol
        self._partial = partial
        self.has_spoken = False
        task = asyncio.current_task()
        assert task is not None
        self._work = WorkDone(ls, title, token, task.cancel, counted=False)
        self._work.report("")

    def say(self, text: str) -> None:
        self.has_spoken = True
        self._loop.call_soon_threadsafe(self._said, "markdown", text)

    def think(self, text: str) -> None:
        self._loop.call_soon_threadsafe(self._said, "thought", text)

    def report(self, phrase: str) -> None:
        self._loop.call_soon_threadsafe(self._work.report, phrase)

    async def end(self) -> None:
        """What was said last is sent; then the tokens end with their request."""
        try:
            # One turn of the loop: what came from threads is on its way.
            await asyncio.sleep(0)
        finally:
            self._partial = None
            self._work.end()

    def _said(self, kind: str, text: str) -> None:
        if self._partial is not None and text:
            value = {kind: text}
            self._protocol.notify(types.PROGRESS, types.ProgressParams(self._partial, value))


async def answered(ls: AssistantServer, what: str, work: Awaitable[_Answer]) -> _Answer:
    """What ``work`` gives; its errors as the client is told them. It ends with the connection."""
    task = asyncio.current_task()
    assert task is not None
    ls.session.running.add(task)
    try:
        return await work
    except AssistantError as error:
        message = " ".join(str(error).split())
        raise JsonRpcException(message, types.LSPErrorCodes.RequestFailed) from error
    except Exception as error:
        # Its own words may quote source text.
        logger.error("a %s failed: %s", what, where(error))
        code = types.ErrorCodes.InternalError
        raise JsonRpcException(f"the {what} failed: {where(error)}", code) from error
    finally:
        ls.session.running.discard(task)


def buffer_of(session: Session, uri: str, version: int | None = None) -> Buffer:
    """The open document; raises UsageError for one that cannot be worked on."""
    buffer = session.documents.get(uri)
    if buffer is None:
        raise UsageError(f"{uri} is not open in the editor: open it first")
    if not session.readable(buffer):
        raise UsageError(f"{buffer.path.name} is too large, or no text")
    if version is not None and version != buffer.version:
        raise UsageError(f"{buffer.path.name} has changed since this was offered: ask again")
    return buffer


def endpoint_of(session: Session) -> Endpoint:
    """The engine's; raises EngineUnavailable while there is none."""
    endpoint = session.engine.endpoint
    if endpoint is None:
        session.engine.nudge()
        why = session.engine.detail or session.engine.state
        raise EngineUnavailable(f"the engine is not ready ({why}): try again in a moment")
    return endpoint


async def python_of(session: Session, root: Path | None) -> PythonEnvironment:
    """What the code of a workspace folder runs with. Raises UsageError where the setting names
    nothing that can be used."""
    found = await asyncio.to_thread(find, root, session.settings.sandbox.python)
    return found.python


async def proposed(proposal: Proposal, answer: Answer, apply: bool | None) -> dict[str, Any]:
    """``{edits, checks, applied}`` of a command's answer, after the user was asked."""
    edits, applied = await proposal.make(answer, apply, _summary(answer.checks))
    checks = [asdict(check) for check in answer.checks]
    return {"edits": edits, "checks": checks, "applied": applied}


def _summary(checks: Sequence[Check]) -> str:
    """One line for the user who is asked: what did not hold comes first."""
    words = {False: "no", None: "not tried", True: "ok"}
    order = sorted(checks, key=lambda check: list(words).index(check.passed))
    parts = [
        f"{check.name}: {words[check.passed]}" + (f" ({check.detail})" * bool(check.detail))
        for check in order
    ]
    return " ".join(", ".join(parts).split())[:_LONGEST]
