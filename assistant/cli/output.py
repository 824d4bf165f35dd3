"""What commands print: one JSON document or lines for people on stdout, the rest on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_CONTROLS = dict.fromkeys(
    code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"
)


def emit(
    payload: Mapping[str, Any] | list[Any], json_mode: bool, human: Callable[[], None]
) -> None:
    """Print ``payload`` as JSON, or let ``human`` print for people."""
    if json_mode:
        sys.stdout.write(json.dumps(payload, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    else:
        human()


def plain(text: str) -> str:
    """``text`` without the control characters that a terminal obeys; line ends and tabs stay."""
    return text.translate(_CONTROLS)


def out() -> Console:
    """A console on stdout, for people. The terminal wraps lines, so that they can be copied."""
    from assistant.cli.console import PlainConsole

    return PlainConsole(soft_wrap=True)


def err() -> Console:
    """A console on stderr: progress and notes."""
    from assistant.cli.console import PlainConsole

    return PlainConsole(stderr=True)
