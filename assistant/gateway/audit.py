"""One line a request, with nothing of its text: ``log/audit.jsonl``.

Those that look at the gateway itself (its status page, ``/health``, ``/metrics``) have one only
where they were refused or failed. Of those without a key a few a minute have one, and the next
says how many had none: whoever may do nothing here must not be able to push out the other lines.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from assistant.gateway.call import Call
from assistant.gateway.keys import STRANGER

_BYTES, _FILES = 10 << 20, 5
STRANGERS = 30
"""Lines a minute of requests without a key."""


class Lines:
    """Appends JSON lines to a file that is turned over at 10 MiB. A full disk loses lines, not
    requests; ``lost`` counts them."""

    def __init__(self, path: Path) -> None:
        self.lost = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = self

        class Handler(RotatingFileHandler):
            def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
                lines.lost += 1

        self._handler = Handler(
            path, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8", delay=True
        )

    def add(self, line: dict[str, Any]) -> None:
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **line}
        record = logging.LogRecord("audit", logging.INFO, "", 0, json.dumps(line), None, None)
        with suppress(OSError):
            self._handler.handle(record)

    def close(self) -> None:
        self._handler.close()


class Audit(Lines):
    """The lines about requests."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._minute, self._strangers, self._unwritten = 0.0, 0, 0

    def write(self, call: Call) -> None:
        now = time.monotonic()
        stranger = call.key is STRANGER
        if stranger and not self._may(now):
            self._unwritten += 1
            return
        line: dict[str, Any] = {
            "id": call.id,
            "key": call.key.name,
            "method": call.method,
            "path": call.path,
            "kind": call.kind.word if call.kind is not None else "",
            "model": call.model,
            "engine": call.engine,
            "status": call.status,
            "outcome": call.outcome,
            "prompt_tokens": call.prompt_tokens,
            "cached_tokens": call.cached_tokens,
            "generated_tokens": call.generated_tokens,
            "bytes": call.sent_bytes,
            "queue_ms": _ms(call.granted - (call.queued or call.began)) if call.granted else None,
            "first_byte_ms": _ms(call.first_byte - call.began) if call.first_byte else None,
            "ms": _ms(now - call.began),
        }
        if stranger and self._unwritten:
            line["unwritten"], self._unwritten = self._unwritten, 0
        self.add(line)

    def _may(self, now: float) -> bool:
        """Whether a stranger's request may have a line."""
        if now - self._minute >= 60:
            self._minute, self._strangers = now, 0
        self._strangers += 1
        return self._strangers <= STRANGERS


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
