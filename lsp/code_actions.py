"""``textDocument/codeAction``: the commands that make sense at a place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from assistant.commands.protocol import Command, Place, commands
from assistant.errors import AssistantError, where
from lsp.asked import DO
from lsp.documents import Buffer
from lsp.server import AssistantServer
from lsp.session import Session

logger = logging.getLogger(__name__)


async def code_action(
    ls: AssistantServer, params: types.CodeActionParams
) -> list[types.CodeAction | types.Command]:
    session = ls.session
    buffer = session.documents.get(params.text_document.uri)
    if buffer is None or not session.settings.lsp.commands or not session.readable(buffer):
        return []
    version = buffer.version
    place = place_of(session, buffer, params.range)
    found = await asyncio.to_thread(_offered, place, params.context.only)
    arguments: dict[str, Any] = {
        "uri": params.text_document.uri,
        "range": params.range,
        "version": version,
        # Clients drop what the command of an action answers.
        "show": True,
    }
    if params.context.diagnostics:
        said = _said(params.context.diagnostics)
        session.diagnostics[buffer.uri] = version, said
        arguments["material"] = {"diagnostic": said}
    actions = [_action(command, arguments, params.context.diagnostics) for command in found]
    # Older clients take commands alone.
    document = ls.client_capabilities.text_document
    able = document.code_action if document else None
    if able is None or able.code_action_literal_support is None:
        return [action.command for action in actions if action.command]
    return list(actions)


def place_of(session: Session, buffer: Buffer, span: types.Range) -> Place:
    """Where ``span``, in the client's units, lies, with the other buffers as they are."""
    encoding = session.documents.encoding
    start = buffer.offset(span.start.line, span.start.character, encoding)
    end = buffer.offset(span.end.line, span.end.character, encoding)
    return Place(
        buffer.document(),
        min(start, end),
        max(start, end),
        session.root_of(buffer.path) if buffer.in_file else None,
        session.documents.others(buffer),
    )


def known() -> list[Command]:
    """Every command; none where a plug-in cannot be read: code is completed without them."""
    try:
        return list(commands())
    except AssistantError as error:
        logger.error("no commands: %s", error)
    except Exception as error:  # noqa: BLE001
        logger.error("no commands: %s", where(error))
    return []


def _offered(place: Place, only: Sequence[str] | None) -> list[Command]:
    found = []
    for command in known():
        if only is not None and not any(_is_a(command.kind, kind) for kind in only):
            continue
        try:
            if command.offers(place):
                found.append(command)
        except Exception as error:  # noqa: BLE001 - one command's bug does not hide the others
            logger.error("%s.offers failed: %s", command.name, where(error))
    return found


def _is_a(kind: str, wanted: str) -> bool:
    """LSP's kinds are a tree: ``refactor.rewrite`` is a ``refactor``, and all are ``""``."""
    wanted = getattr(wanted, "value", wanted)
    return not wanted or kind == wanted or kind.startswith(f"{wanted}.")


def _action(
    command: Command, arguments: dict[str, Any], diagnostics: Sequence[types.Diagnostic]
) -> types.CodeAction:
    solves = list(diagnostics) if _is_a(command.kind, "quickfix") and diagnostics else None
    asked = [{"name": command.name, **arguments}]
    carried = types.Command(command.title, DO, arguments=asked)
    return types.CodeAction(command.title, command.kind, diagnostics=solves, command=carried)


def _said(diagnostics: Sequence[types.Diagnostic]) -> str:
    """As a compiler would print them; lines count from 1."""
    lines = []
    for each in diagnostics:
        by = " ".join(str(part) for part in (each.source, each.code) if part not in (None, ""))
        lines.append(f"line {each.range.start.line + 1}: {each.message}" + (f" [{by}]" * bool(by)))
    return "\n".join(lines)


def register(server: AssistantServer) -> None:
    kinds = sorted({command.kind for command in known()})
    options = types.CodeActionOptions(code_action_kinds=kinds, resolve_provider=False)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(code_action)
