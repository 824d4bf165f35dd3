"""One line a request, with nothing of its text: ``log/audit.jsonl``.

Those that look at the gateway itself (its status page, ``/health``, ``/metrics``) have one only
where they were refused or failed.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from assistant.gateway.call import Call

_BYTES, _FILES = 10 << 20, 5


class Audit:
    """Appends to a file that is turned over at 10 MiB. A full disk loses lines, not requests;
    ``lost`` counts them."""

    def __init__(self, path: Path) -> None:
        self.lost = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        audit = self

        class Handler(RotatingFileHandler):
            def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
                audit.lost += 1

        self._handler = Handler(
            path, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8", delay=True
        )

    def write(self, call: Call) -> None:
        now = time.monotonic()
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
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
        record = logging.LogRecord("audit", logging.INFO, "", 0, json.dumps(line), None, None)
        self._handler.handle(record)

    def close(self) -> None:
        self._handler.close()


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
