"""Lines typed in a terminal, with history across runs where the terminal has it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


def lines() -> Iterator[str]:
    """What is typed, until the end of the input; Ctrl-C drops a line."""
    from assistant import paths

    history = paths.folder("chats") / "history"
    try:
        import readline
    except ImportError:
        readline = None  # type: ignore[assignment]
    if readline is not None:
        with contextlib.suppress(OSError):
            readline.read_history_file(history)
    try:
        while True:
            try:
                line = input("> ").strip()
            except KeyboardInterrupt:
                print()  # noqa: T201 - the next prompt begins on a line of its own
                continue
            except EOFError:
                return
            if line:
                yield line
    finally:
        if readline is not None:
            with contextlib.suppress(OSError):
                readline.set_history_length(1000)
                readline.write_history_file(history)
