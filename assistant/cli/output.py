"""What commands print: one JSON document or lines for people on stdout, the rest on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def emit(
    payload: Mapping[str, Any] | list[Any], json_mode: bool, human: Callable[[], None]
) -> None:
    """Print ``payload`` as JSON, or let ``human`` print for people."""
    if json_mode:
        sys.stdout.write(json.dumps(payload, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    else:
        human()


def out() -> Console:
    """A console on stdout, for people. The terminal wraps lines, so that they can be copied."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def err() -> Console:
    """A console on stderr: progress and notes."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)
