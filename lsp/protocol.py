"""What differs from the protocol library's own handling of messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method

if TYPE_CHECKING:
    from lsp.server import AssistantServer

logger = logging.getLogger(__name__)

_work_done_token: ContextVar[types.ProgressToken | None] = ContextVar("token", default=None)


class AssistantProtocol(LanguageServerProtocol):
    """Keeps text in :mod:`lsp.documents`, answers bad requests, and ends without ``sys.exit``."""

    _server: AssistantServer

    def structure_message(self, data: dict[str, Any]) -> Any:
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            # Without this a client would wait for ever for the answer to a malformed request.
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            # And without this we would, for one that the client answered badly.
            elif "id" in data and (asked := self._request_futures.pop(data["id"], None)):
                asked.set_exception(error)
            raise

    @property
    def work_done_token(self) -> types.ProgressToken | None:
        """The token that came with the command that is being executed."""
        return _work_done_token.get()

    def _handle_request(self, msg_id: str | int, method_name: str, params: Any) -> None:
        command = None
        if method_name == types.WORKSPACE_EXECUTE_COMMAND:
            command = self.fm.commands.get(params.command)
        if not asyncio.iscoroutinefunction(command):
            super()._handle_request(msg_id, method_name, params)
            return
        # The library runs commands behind a second future: cancelling the request would answer
        # it and leave the command running.
        _work_done_token.set(params.work_done_token)
        answer = partial(self._send_handler_result, msg_id=msg_id)
        self._execute_handler(msg_id, command, answer, tuple(params.arguments or ()))

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(
        self, params: types.DidOpenTextDocumentParams
    ) -> Generator[Any, Any, None]:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(
        self, params: types.DidChangeTextDocumentParams
    ) -> Generator[Any, Any, None]:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(
        self, params: types.DidCloseTextDocumentParams
    ) -> Generator[Any, Any, None]:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None

    @lsp_method(types.EXIT)
    def lsp_exit(self, *args: Any) -> Generator[Any, Any, None]:
        # The transport ends the connection and gives the engine back first.
        self._server.leave(0 if self._shutdown else 1)
        yield from ()
