"""``python -m lsp``: the language server."""

from __future__ import annotations

import argparse
import asyncio
import functools
import sys
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, UsageError


def address(text: str) -> tuple[str, int]:
    """``HOST:PORT`` or ``PORT``; port 0 takes a free one."""
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, for example 127.0.0.1:2087")
    return host.strip("[]") or "127.0.0.1", int(port)


def parser() -> argparse.ArgumentParser:
    parse = argparse.ArgumentParser(
        prog="assistant lsp",
        description="A language server with inline code completion that knows the repository.",
    )
    way = parse.add_mutually_exclusive_group()
    way.add_argument(
        "--stdio", action="store_true", help="speak over standard input and output (the default)"
    )
    way.add_argument("--tcp", type=address, metavar="HOST:PORT", help="listen for TCP clients")
    way.add_argument("--ws", type=address, metavar="HOST:PORT", help="listen for WebSocket clients")
    parse.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="with --ws: let pages of this origin connect (repeatable)",
    )
    parse.add_argument("--log-file", type=Path, metavar="FILE", help="log there, not to stderr")
    parse.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="a setting, for example engine.url=http://127.0.0.1:8000/v1 (repeatable)",
    )
    return parse


def main(argv: list[str] | None = None) -> int:
    given = parser().parse_args(argv)
    try:
        return _serve(given)
    except AssistantError as error:
        sys.stderr.write(f"assistant lsp: {error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return 130


def _serve(given: argparse.Namespace) -> int:
    from assistant import config
    from lsp import log

    overrides: dict[str, Any] = dict(config.parse_assignment(s) for s in given.settings)
    settings = config.load_lenient(overrides)[0]
    try:
        log.configure(settings.log_level, given.log_file)
    except OSError as error:
        raise UsageError(f"cannot log to {given.log_file}: {error.strerror}") from error

    from lsp import transports
    from lsp.server import create

    make = functools.partial(create, overrides)
    if given.tcp:
        return asyncio.run(transports.serve_tcp(make, *given.tcp))
    if given.ws:
        host, port = given.ws
        return asyncio.run(transports.serve_websocket(make, host, port, given.allow_origin))
    return asyncio.run(transports.serve_stdio(make))


if __name__ == "__main__":
    sys.exit(main())
