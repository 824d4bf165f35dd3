"""The server object of one connection, and which function answers which verb."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.lsp.server import LanguageServer

import assistant
from lsp.protocol import AssistantProtocol

if TYPE_CHECKING:
    from lsp.session import Session

logger = logging.getLogger(__name__)


class AssistantServer(LanguageServer):
    """One client's server. ``overrides`` are the settings given on the command line."""

    protocol: AssistantProtocol

    def __init__(self, overrides: Mapping[str, Any] | None = None) -> None:
        super().__init__(
            "assistant",
            assistant.__version__,
            protocol_cls=AssistantProtocol,
            converter_factory=get_converter,
        )
        self.overrides = dict(overrides or {})
        self.exit_code: int | None = None
        """None until the client has said ``exit``."""
        self.left = asyncio.Event()

    @cached_property
    def session(self) -> Session:
        from lsp.session import Session

        return Session(self)

    def leave(self, code: int) -> None:
        """The client said ``exit``: the transport ends the connection."""
        self.exit_code = code
        self.left.set()

    async def close(self) -> None:
        """Give back what the connection held: requests, indexes, the engine's lease."""
        if "session" in self.__dict__:
            await self.session.close()

    def show(self, message: str, kind: types.MessageType = types.MessageType.Warning) -> None:
        """One line for the user."""
        self.window_show_message(types.ShowMessageParams(kind, message))

    def report_server_error(self, error: Exception, source: Any) -> None:
        # A popup for each malformed message would help nobody; the log has the name.
        logger.error("%s: %s", getattr(source, "__name__", "error"), type(error).__name__)


def create(overrides: Mapping[str, Any] | None = None) -> AssistantServer:
    """A server with every feature, ready for a transport."""
    from lsp import (
        chat,
        code_actions,
        commands,
        copilot,
        do,
        inline_completion,
        lifecycle,
        status,
        text_documents,
        workspace,
    )

    server = AssistantServer(overrides)
    for feature in (
        lifecycle,
        text_documents,
        workspace,
        inline_completion,
        commands,
        code_actions,
        do,
        chat,
        copilot,
        status,
    ):
        feature.register(server)
    return server
