"""``workspace/executeCommand``: accept, partial accept, reject, re-index, restart."""

from __future__ import annotations

from typing import Any

from lsp.inline_completion import ACCEPT
from lsp.server import AssistantServer


def accept(ls: AssistantServer, *arguments: Any) -> bool:
    """``[id]``; false for a suggestion that is not known any more."""
    return bool(arguments) and ls.session.accepted(str(arguments[0]))


def partial_accept(ls: AssistantServer, *arguments: Any) -> bool:
    """``[id, acceptedLength]``, in UTF-16 units from the start of the suggestion."""
    if len(arguments) < 2 or not isinstance(arguments[1], int):
        return False
    return ls.session.partially_accepted(str(arguments[0]), arguments[1])


def reject(ls: AssistantServer, *arguments: Any) -> bool:
    """``[id]``: it is not offered again."""
    return bool(arguments) and ls.session.rejected(str(arguments[0]))


def reindex(ls: AssistantServer, *arguments: Any) -> int:
    """Scan every workspace folder again; answers how many scans were started."""
    return ls.session.repositories.reindex()


async def restart_engine(ls: AssistantServer, *arguments: Any) -> None:
    """Let go of the engine and get one anew, for example after a failure."""
    ls.session.forgive()
    await ls.session.engine.restart()


def register(server: AssistantServer) -> None:
    server.command(ACCEPT)(accept)
    server.command("assistant.partialAccept")(partial_accept)
    server.command("assistant.reject")(reject)
    server.command("assistant.reindex")(reindex)
    server.command("assistant.restartEngine")(restart_engine)
