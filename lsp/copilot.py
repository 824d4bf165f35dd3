"""Notifications of Copilot's dialect, which several clients send as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lsp.server import AssistantServer


def _part(value: Any, *names: str) -> Any:
    """What stands under ``names``; None where something is missing or no object."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
    return value


def did_show_completion(ls: AssistantServer, params: Any) -> None:
    """``{item}``: nothing to do, a suggestion counts as shown when it is sent."""


def did_partially_accept_completion(ls: AssistantServer, params: Any) -> None:
    """``{item, acceptedLength}``, in UTF-16 units."""
    arguments = _part(params, "item", "command", "arguments")
    length = _part(params, "acceptedLength")
    if isinstance(arguments, Sequence) and arguments and isinstance(length, int):
        ls.session.partially_accepted(str(arguments[0]), length)


def did_focus(ls: AssistantServer, params: Any) -> None:
    """``{textDocument: {uri}}``: another buffer is in front."""
    uri = _part(params, "textDocument", "uri")
    if isinstance(uri, str):
        ls.session.documents.use(uri)


def register(server: AssistantServer) -> None:
    server.feature("textDocument/didShowCompletion")(did_show_completion)
    server.feature("textDocument/didPartiallyAcceptCompletion")(did_partially_accept_completion)
    server.feature("textDocument/didFocus")(did_focus)
