"""Run the engine in the foreground, for every editor on this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import JsonOption

if TYPE_CHECKING:
    from assistant.settings import Settings

NAME = "serve"


def command(
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    from assistant.cli.options import settings
    from assistant.engines.supervisor import supervise
    from assistant.errors import UsageError

    loaded = settings()
    if loaded.engine.url:
        raise UsageError(
            f"engine.url is set to {loaded.engine.url}: there is nothing to serve; clear it first"
        )
    if port is not None:
        loaded = loaded.model_copy(
            update={"engine": loaded.engine.model_copy(update={"port": port})}
        )
    show = _json_lines if json_mode else _lines()

    async def run() -> None:
        if not await supervise(loaded, foreground=True, observe=show):
            await _share(loaded, port, show)

    asyncio.run(run())


async def _share(loaded: Settings, port: int | None, show: Any) -> None:
    """Hold the engine that runs already, so that it stays as long as this command."""
    import signal

    from assistant.engines.lease import acquire
    from assistant.engines.supervisor import encode
    from assistant.errors import EngineError

    me = asyncio.current_task()
    assert me is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, me.cancel)
    lease = await acquire(loaded)
    try:
        if port and f":{port}/" not in lease.endpoint.url:
            raise EngineError(
                f"an engine of these settings runs already at {lease.endpoint.url}: "
                "end it first, or leave out --port"
            )
        show({"endpoint": encode(lease.endpoint)})
        async for progress in lease.events():
            if progress.stage == "failed":
                raise EngineError(progress.detail)
    except asyncio.CancelledError:
        pass
    finally:
        await lease.close()


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
                f"{endpoint['engine']} serves {endpoint['model']}; editors find it by themselves. "
                "Ctrl-C ends it.",
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
