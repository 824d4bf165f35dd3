"""Lines typed in a terminal, with history across runs where the terminal has it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

QUIT = ("/quit", "/exit")
HELP = "/help"


def lines() -> Iterator[str]:
    """What is typed, until the end of the input or a word to leave by; Ctrl-C drops a line."""
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
            if line in QUIT:
                return
            if line:
                yield line
    finally:
        if readline is not None:
            with contextlib.suppress(OSError):
                readline.set_history_length(1000)
                readline.write_history_file(history)


def tell() -> None:
    """Say what can be typed."""
    from assistant.cli.output import err
    from assistant.cli.talking import THOUGHTS
    from assistant.commands.protocol import commands

    said = [f"/{each.name}  {each.title}" for each in commands()]
    said.append(f"{THOUGHTS}  What the model thought before its last answer")
    said.append("@src/app.py:10-20 @symbol:Name @diff @diagnostics @tests  Show it to the model")
    said.append(f"{' or '.join(QUIT)}  Ends; Ctrl-C stops an answer")
    for line in said:
        err().print(line, markup=False, highlight=False)
