"""``workspace/executeCommand`` ``assistant.do``: a command, run on the buffer as it is now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from lsprotocol import types

from assistant.commands.protocol import Job, commands
from assistant.errors import UsageError
from lsp.answering import PATIENCE, Voice, answered, buffer_of, endpoint_of, proposed, python_of
from lsp.asked import DO, Asked
from lsp.code_actions import known, place_of
from lsp.server import AssistantServer
from lsp.workspace_edits import Proposal


async def do(ls: AssistantServer, *arguments: Any) -> dict[str, Any]:
    """``[{name, uri, range, …}]`` (:class:`lsp.asked.Asked`); answers ``{name, markdown, edits,
    checks, attempts, applied}``, the last as the client says it."""
    return await answered(ls, "command", _done(ls, lambda: Asked.read(arguments)))


def named(name: str) -> Callable[..., Awaitable[dict[str, Any]]]:
    """``assistant.NAME``: the same, of one command."""

    async def run(ls: AssistantServer, *arguments: Any) -> dict[str, Any]:
        return await answered(ls, "command", _done(ls, lambda: Asked.read(arguments, name)))

    return run


async def _done(ls: AssistantServer, read: Callable[[], Asked]) -> dict[str, Any]:
    from assistant import sandbox
    from assistant.commands.model import Model

    session, asked = ls.session, read()
    if not session.settings.lsp.commands:
        raise UsageError("commands are off: set lsp.commands to true")
    command = commands().get(asked.name)
    buffer = buffer_of(session, asked.uri, asked.version)
    endpoint = endpoint_of(session)
    place = place_of(session, buffer, asked.span)
    proposal = Proposal(ls, place, command.title)
    proposal.asks = asked.show
    voice = Voice(ls, command.title, asked.partial, ls.protocol.work_done_token)
    window = session.settings.engine.max_model_len
    try:
        python = await python_of(session, place.root)
        with sandbox.stoppable() as run:
            async with Model.open(endpoint, window, PATIENCE) as model:
                job = Job(
                    place=place,
                    model=model,
                    run=run,
                    repository=session.repositories(place.root) if place.root else None,
                    instruction=asked.instruction,
                    material=asked.material,
                    say=voice.say,
                    report=voice.report,
                    python=python,
                )
                answer = await command.run(job)
        if not voice.has_spoken:
            # Of what is tried first, nothing can be said before it is chosen.
            voice.say(answer.markdown)
    finally:
        await voice.end()
    if asked.show and answer.markdown and not answer.edits:
        shown = types.ShowMessageParams(types.MessageType.Info, answer.markdown)
        ls.window_show_message(shown)
    return {
        "name": command.name,
        "markdown": answer.markdown,
        "attempts": answer.attempts,
        **await proposed(proposal, answer, asked.apply),
    }


def register(server: AssistantServer) -> None:
    server.command(DO)(do)
    for command in known():
        name = f"assistant.{command.name}"
        if name not in server.protocol.fm.commands:
            server.command(name)(named(command.name))
