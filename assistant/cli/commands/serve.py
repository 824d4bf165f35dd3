"""Run the engines and the gateway in the foreground, until Ctrl-C.

Editors on this machine find the engine by themselves; other clients speak OpenAI's, Tabby's or
llama.cpp's dialect to the address that is printed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Annotated, Any

import typer

from assistant.cli.options import JsonOption

NAME = "serve"


def command(
    host: Annotated[
        str, typer.Option(help="Address to listen on; gateway.host by default (this machine).")
    ] = "",
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="gateway.port by default; 0 is any.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    from assistant import paths
    from assistant.cli.options import chosen as given
    from assistant.cli.options import settings
    from assistant.gateway.server import serve
    from assistant.gateway.watch import Watch

    loaded = settings()
    chosen: dict[str, Any] = {}
    if host:
        chosen["host"] = host
    if port is not None:
        chosen["port"] = port
    gateway = loaded.gateway.model_copy(update=chosen)
    show = _json_lines if json_mode else _lines()
    watch = Watch(given["file"] or paths.config_file(), settings)
    asyncio.run(serve(loaded.model_copy(update={"gateway": gateway}), show, watch))


def _json_lines(payload: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(payload) + "\n")
    sys.stdout.flush()


def _lines() -> Any:
    from assistant.cli.output import err, out

    console = err()
    last = ""

    def show(payload: dict[str, Any]) -> None:
        nonlocal last
        if "endpoint" in payload:
            endpoint = payload["endpoint"]
            out().print(endpoint["url"])
            console.print(
                f"{endpoint['engine']} serves {endpoint['model']}; Ctrl-C ends it.",
                markup=False,
            )
            return
        progress = payload["progress"]
        # A log that is not a terminal gets one line a step, not one a second.
        step = progress["stage"] if not console.is_terminal else progress["detail"]
        if step != last:
            last = step
            console.print(f"{progress['stage']}: {progress['detail']}", markup=False)

    return show
