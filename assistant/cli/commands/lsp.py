"""The language server, for editors (stdio, TCP or WebSocket)."""

from __future__ import annotations

import typer

NAME = "lsp"
# Every option, --help too, is the server's own.
CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def command(context: typer.Context) -> None:
    # assistant.cli.app.main runs a plain `assistant lsp` before the option parser is loaded,
    # so that an editor waits for one start, not two. This is for options before the name.
    from assistant.cli.app import run_beside
    from assistant.errors import UsageError

    before = context.find_root().params
    if before.get("config") is not None:
        raise UsageError(
            "--config does not go with lsp: use --set, or the settings file of assistant itself"
        )
    overrides = [f"--set={one}" for one in before.get("assignments") or ()]
    run_beside("lsp", [*overrides, *context.args])
