"""The language server, for editors (stdio, TCP or WebSocket)."""

from __future__ import annotations

import typer

NAME = "lsp"


def command(
    tcp: str = typer.Option("", metavar="HOST:PORT", help="Listen there instead of stdio."),
    ws: str = typer.Option("", metavar="HOST:PORT", help="WebSocket instead of stdio."),
) -> None:
    # Only the help text is shown from here: assistant.cli.app.main runs the server before
    # the option parser is loaded, so that an editor waits for one start, not two.
    raise AssertionError("assistant.cli.app.main runs `lsp`")
