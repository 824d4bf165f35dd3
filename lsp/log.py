"""Logging: to stderr or a file, never stdout (which carries the protocol), no source text."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from assistant.errors import where


class _Terse(logging.Filter):
    """Takes out what may quote the user's source: arguments and tracebacks of libraries."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("pygls"):
            if record.exc_info and record.exc_info[0] is not None:
                error = record.exc_info[1]
                what = str(record.msg).partition("%")[0].strip(' "')
                record.msg = f"{what}: {where(error)}" if error else what
                record.args = ()
            record.exc_info = None
            record.exc_text = None
            # A single mapping is kept by logging as the arguments themselves.
            given = record.args if isinstance(record.args, tuple) else (record.args,)
            record.args = tuple(_short(a) for a in given if a is not None)
            record.msg = str(record.msg).partition("\n")[0][:300]
            if record.args and record.msg.count("%") != len(record.args):
                record.args = ()
        return True


def _short(value: object) -> object:
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and len(value) <= 80 and "\n" not in value:
        return value
    return f"<{type(value).__name__}>"


def configure(level: str = "info", file: Path | None = None) -> None:
    """Send the records of this project, and warnings of the others, to ``file`` or stderr."""
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_Terse())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    set_level(level)
    # A failed write to a closed stderr must not print a traceback on top.
    logging.raiseExceptions = False


def set_level(level: str) -> None:
    for name in ("lsp", "assistant"):
        logging.getLogger(name).setLevel(level.upper())
