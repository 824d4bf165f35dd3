"""``assistant/chat``: a message in a conversation about a workspace folder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.uris import to_fs_path

from assistant import sandbox
from assistant.chat import slash
from assistant.chat.chat import Chat, Listener
from assistant.chat.conversation import Conversation, Turn, conversations, load
from assistant.chat.mentions import Material
from assistant.chat.texts import Texts, sources_of
from assistant.commands.model import Model
from assistant.errors import UsageError
from lsp.answering import (
    PATIENCE,
    Voice,
    answered,
    buffer_of,
    endpoint_of,
    proposed,
    python_of,
)
from lsp.asked import CHAT, Said, Shown, Workspace
from lsp.code_actions import place_of
from lsp.documents import Buffer
from lsp.server import AssistantServer
from lsp.session import Session
from lsp.workspace_edits import Proposal

_START = types.Range(types.Position(0, 0), types.Position(0, 0))


async def chat(ls: AssistantServer, params: Any) -> dict[str, Any]:
    """:class:`lsp.asked.Said`; answers ``{conversation, markdown, thought, citations, stopped,
    edits, checks, applied}``. ``$/progress`` for its partial result token carries ``{markdown}``
    and ``{thought}``. One that is cancelled answers with what had come, and keeps it."""
    return await answered(ls, "chat", _answer(ls, params))


async def listed(ls: AssistantServer, params: Any) -> list[dict[str, Any]]:
    """:class:`lsp.asked.Workspace`; answers with the conversations about it, the newest first:
    ``{id, title, turns}``, how many of them."""

    async def work() -> list[dict[str, Any]]:
        root = _root(ls.session, Workspace.read(params, f"{CHAT}/list"))
        found = await asyncio.to_thread(conversations, root)
        return [{"id": c.id, "title": c.title, "turns": len(c.turns)} for c in found]

    return await answered(ls, "chat", work())


async def shown(ls: AssistantServer, params: Any) -> dict[str, Any]:
    """:class:`lsp.asked.Shown`; answers ``{id, title, turns}``, each of them ``{role, markdown,
    thought, citations, stopped, time}``."""

    async def work() -> dict[str, Any]:
        asked = Shown.read(params, f"{CHAT}/show")
        root = _root(ls.session, asked)
        found = await asyncio.to_thread(load, asked.conversation, root)
        turns = [{"role": each.role, **_said(each), "time": each.time} for each in found.turns]
        return {"id": found.id, "title": found.title, "turns": turns}

    return await answered(ls, "chat", work())


async def _answer(ls: AssistantServer, params: Any) -> dict[str, Any]:
    session, asked = ls.session, Said.read(params, CHAT)
    root = _root(session, asked)
    buffer = buffer_of(session, asked.document.uri) if asked.document else None
    called = slash.slash(asked.message)
    if called and not session.settings.lsp.commands:
        raise UsageError("commands are off: set lsp.commands to true")
    endpoint = endpoint_of(session)
    title = called.command.title if called else "Chat"
    # What the editor shows now: it may wait for an earlier message's answer.
    one = _One(ls, asked, root, buffer, title)
    voice = Voice(ls, title, asked.partial, asked.token)
    window = session.settings.engine.max_model_len
    try:
        python = await python_of(session, root)
        conversation = Conversation.new(root)
        if asked.conversation is not None:
            conversation = await asyncio.to_thread(load, asked.conversation, root)
            conversation.root = str(root)
        async with _alone(session, conversation, voice):
            with sandbox.stoppable() as run:
                async with Model.open(endpoint, window, PATIENCE) as model:
                    texts = Texts(root, one.documents, one.given, one.here, run, python)
                    repository = session.repositories(root)
                    talk = Chat(conversation, model, repository, texts, one.documents, python)
                    return await one.answer(talk, called, voice)
    finally:
        await voice.end()


class _One:
    """One message, and what the editor showed when it was sent."""

    def __init__(
        self, ls: AssistantServer, asked: Said, root: Path, buffer: Buffer | None, title: str
    ) -> None:
        session = ls.session
        buffers = [b for b in session.documents if b.in_file and session.readable(b)]
        self.documents = [b.document() for b in reversed(buffers)]
        span = asked.range.as_lsp() if asked.range else _START
        self.cursor = place_of(session, buffer, span) if buffer else None
        inside = buffer is not None and buffer.path.is_relative_to(root)
        self.here = buffer.path.relative_to(root).as_posix() if buffer and inside else ""
        self.given = _diagnostics(session, root, buffer)
        self.given |= {str(kind): text for kind, text in asked.material.items()}
        self._message = asked.message
        self._proposal = Proposal(ls, sources_of(root, self.documents).place, title)

    async def answer(self, talk: Chat, called: slash.Slash | None, voice: Voice) -> dict[str, Any]:
        nothing: dict[str, Any] = {"edits": None, "checks": [], "applied": False}
        listener = Listener(voice.say, voice.think, voice.report)
        try:
            if called is None:
                await talk.answer(self._message, listener, self._selected())
                return _payload(talk, nothing)
            return await self._command(talk, called, listener)
        except asyncio.CancelledError:
            if talk.kept is None:
                raise
            return _payload(talk, nothing)

    async def _command(self, talk: Chat, called: slash.Slash, listener: Listener) -> dict[str, Any]:
        job = await slash.prepared(talk, called, listener, self.cursor)
        self._proposal.place = job.place
        done = await slash.run(talk, called, job)
        return _payload(talk, await proposed(self._proposal, done, None))

    def _selected(self) -> Material | None:
        if self.cursor is None or not self.cursor.selected.strip():
            return None
        line = self.cursor.document.text.count("\n", 0, self.cursor.start)
        return Material("selection", self.here, line, self.cursor.selected)


@asynccontextmanager
async def _alone(session: Session, conversation: Conversation, voice: Voice) -> AsyncIterator[None]:
    """One message of a conversation after the other, in the order in which they came."""
    lock = session.chats.setdefault(conversation.id, asyncio.Lock())
    if lock.locked():
        voice.report("waiting for the answer before")
    async with lock:
        yield


def _diagnostics(session: Session, root: Path, buffer: Buffer | None) -> dict[str, str]:
    """What the client attached to its last code actions, where the text is still the same."""
    parts = []
    for each in [buffer] if buffer else list(session.documents):
        version, said = session.diagnostics.get(each.uri, (None, ""))
        if version == each.version:
            inside = each.path.is_relative_to(root)
            name = each.path.relative_to(root).as_posix() if inside else each.path.name
            parts.append(f"{name}:\n{said}")
    return {"diagnostics": "\n".join(parts)} if parts else {}


def _root(session: Session, asked: Workspace) -> Path:
    if asked.root is not None:
        uri = asked.root.startswith("file:")
        path = Path((to_fs_path(asked.root) if uri else None) or asked.root)
        if path not in session.folders:
            raise UsageError(f"{asked.root} is no workspace folder: open it first")
        return path
    buffer = session.documents.get(asked.document.uri) if asked.document else None
    found = session.root_of(buffer.path) if buffer and buffer.in_file else None
    found = found or next(iter(session.folders), None)
    if found is None:
        raise UsageError("a chat is about a workspace folder: open one")
    return found


def _said(turn: Turn) -> dict[str, Any]:
    return {
        "markdown": turn.content,
        "thought": turn.thinking,
        "citations": list(turn.citations),
        "stopped": turn.stopped,
    }


def _payload(talk: Chat, more: dict[str, Any]) -> dict[str, Any]:
    assert talk.kept is not None
    return {"conversation": talk.conversation.id, **_said(talk.kept), **more}


def register(server: AssistantServer) -> None:
    server.feature(CHAT)(chat)
    server.feature(f"{CHAT}/list")(listed)
    server.feature(f"{CHAT}/show")(shown)
