"""``initialize``, ``initialized``, ``shutdown``."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from assistant.types import PositionEncoding
from lsp import completion, workspace
from lsp.server import AssistantServer

logger = logging.getLogger(__name__)


def initialize(ls: AssistantServer, params: types.InitializeParams) -> None:
    """Remember what the client says of itself; the answer is made of what is registered."""
    if completion.wanted(ls):
        completion.register(ls)
    session = ls.session
    session.documents.encoding = _encoding(ls.workspace.position_encoding)
    session.layer("initializationOptions", params.initialization_options)
    uris = [folder.uri for folder in params.workspace_folders or ()]
    if not uris and ls.workspace.root_uri:
        uris = [ls.workspace.root_uri]  # from clients that know one folder only
    for uri in uris:
        path = to_fs_path(uri) if uri.startswith("file:") else None
        if path:
            session.add_folder(Path(path))


async def initialized(ls: AssistantServer, params: types.InitializedParams) -> None:
    """Only now may the server ask and tell the client something."""
    await workspace.pull(ls)
    await ls.session.configure()
    await ls.session.start()
    await workspace.watch_configuration(ls)


async def shutdown(ls: AssistantServer, params: None) -> None:
    """Give the engine back at once: some clients are slow to say ``exit``."""
    # Not cancelled when the protocol ends its other requests.
    await asyncio.shield(ls.close())


def _encoding(negotiated: types.PositionEncodingKind | str | None) -> PositionEncoding:
    kind = types.PositionEncodingKind(negotiated or types.PositionEncodingKind.Utf16)
    return PositionEncoding(kind.value)


def register(server: AssistantServer) -> None:
    server.feature(types.INITIALIZE)(initialize)
    server.feature(types.INITIALIZED)(initialized)
    server.feature(types.SHUTDOWN)(shutdown)
