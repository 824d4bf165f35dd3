"""Notifications of Copilot's dialect, which several clients send as they are."""

from __future__ import annotations

from typing import Any

from lsp.server import AssistantServer


def did_show_completion(ls: AssistantServer, params: Any) -> None:
    """``{item}``: nothing to do, a suggestion counts as shown when it is sent."""


def did_partially_accept_completion(ls: AssistantServer, params: Any) -> None:
    """``{item, acceptedLength}``, in UTF-16 units."""
    command = getattr(getattr(params, "item", None), "command", None)
    arguments = getattr(command, "arguments", None) or ()
    length = getattr(params, "acceptedLength", None)
    if arguments and isinstance(length, int):
        ls.session.partially_accepted(str(arguments[0]), length)


def did_focus(ls: AssistantServer, params: Any) -> None:
    """``{textDocument: {uri}}``: another buffer is in front."""
    uri = getattr(getattr(params, "textDocument", None), "uri", None)
    if isinstance(uri, str):
        ls.session.documents.use(uri)


def register(server: AssistantServer) -> None:
    server.feature("textDocument/didShowCompletion")(did_show_completion)
    server.feature("textDocument/didPartiallyAcceptCompletion")(did_partially_accept_completion)
    server.feature("textDocument/didFocus")(did_focus)
