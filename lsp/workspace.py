"""``workspace/*``: folders, configuration, files changed outside the editor."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from lsp import options
from lsp.server import AssistantServer

logger = logging.getLogger(__name__)

_ANSWER = 3.0
"""Seconds that a client may take to answer what it is asked at the start."""


async def did_change_workspace_folders(
    ls: AssistantServer, params: types.DidChangeWorkspaceFoldersParams
) -> None:
    for folder in params.event.removed:
        path = to_fs_path(folder.uri)
        if path:
            await ls.session.remove_folder(Path(path))
    for folder in params.event.added:
        path = to_fs_path(folder.uri) if folder.uri.startswith("file:") else None
        if path:
            ls.session.add_folder(Path(path))


async def did_change_configuration(
    ls: AssistantServer, params: types.DidChangeConfigurationParams
) -> None:
    # Clients that are asked for their configuration send null here.
    if not await pull(ls) and params.settings is not None:
        ls.session.layer("client", params.settings)
    await ls.session.configure()


def did_change_watched_files(
    ls: AssistantServer, params: types.DidChangeWatchedFilesParams
) -> None:
    for change in params.changes:
        path = to_fs_path(change.uri) if change.uri.startswith("file:") else None
        if path:
            ls.session.repositories.touched(Path(path))


async def pull(ls: AssistantServer) -> bool:
    """Ask the client for its configuration; False when it cannot say."""
    workspace = ls.client_capabilities.workspace
    if workspace is None or not workspace.configuration:
        return False
    item = types.ConfigurationItem(section=options.SECTION)
    asked = ls.workspace_configuration_async(types.ConfigurationParams([item]))
    try:
        answer = await asyncio.wait_for(asked, _ANSWER)
    except Exception as error:  # noqa: BLE001 - a client's refusal leaves the settings as they are
        logger.info("no configuration from the client: %s", type(error).__name__)
        return False
    ls.session.layer("client", answer[0] if answer else None)
    return True


async def watch_configuration(ls: AssistantServer) -> None:
    """Ask to be told of changed configuration, where the client wants to be asked."""
    workspace = ls.client_capabilities.workspace
    wanted = workspace.did_change_configuration if workspace else None
    if wanted is None or not wanted.dynamic_registration:
        return
    registration = types.Registration(
        id="assistant-configuration",
        method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
        register_options={"section": options.SECTION},
    )
    asked = ls.client_register_capability_async(types.RegistrationParams([registration]))
    try:
        await asyncio.wait_for(asked, _ANSWER)
    except Exception as error:  # noqa: BLE001 - without it the client tells us or does not
        logger.info("the client refused a registration: %s", type(error).__name__)


def register(server: AssistantServer) -> None:
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(did_change_workspace_folders)
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(did_change_configuration)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(did_change_watched_files)
