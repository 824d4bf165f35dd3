"""Engines behind something that changes their answers on the way."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from gateway_door import Door

pytestmark = pytest.mark.slow

MODELS = {"object": "list", "data": [{"id": "m", "object": "model", "owned_by": "x"}]}
ANSWER = {"choices": [{"index": 0, "text": "hello", "finish_reason": "stop"}]}


class Compressing(BaseHTTPRequestHandler):
    """Compresses for whoever says that it can read that."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *args: Any) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        self._answer(MODELS)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(ANSWER)

    def _answer(self, what: object) -> None:
        data = json.dumps(what).encode()
        self.send_response(200)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            data = gzip.compress(data)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def compressing() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Compressing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("stream", [False, True])
def test_no_answer_is_compressed(
    start: Callable[..., Door], compressing: str, stream: bool
) -> None:
    door = start(f"engine.url={compressing}", "engine.model=m")
    answer = door.post("/v1/completions", {"prompt": "x", "stream": stream})
    assert answer.json() == ANSWER
