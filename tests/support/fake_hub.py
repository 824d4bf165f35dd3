"""A hub of data sets on a real socket: what huggingface_hub asks of one to fetch files."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import unquote

Files = Mapping[tuple[str, str], Mapping[str, bytes]]
"""By repository and revision, each file's bytes by its path."""


class _Handler(BaseHTTPRequestHandler):
    files: ClassVar[Files] = {}
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(self.path.partition("?")[0])
        for (repository, revision), held in self.files.items():
            commit = hashlib.sha1(f"{repository}{revision}".encode()).hexdigest()
            if path in (f"/api/datasets/{repository}/revision/{r}" for r in (revision, commit)):
                siblings = [{"rfilename": name} for name in held]
                found = {"id": repository, "sha": commit, "siblings": siblings}
                return self._answer(200, json.dumps(found).encode())
            if path.startswith(f"/api/datasets/{repository}/tree/{commit}"):
                tree = [
                    {"type": "file", "path": name, "size": len(data), "oid": commit}
                    for name, data in held.items()
                ]
                return self._answer(200, json.dumps(tree).encode())
            for name, data in held.items():
                if path == f"/datasets/{repository}/resolve/{commit}/{name}":
                    tag = hashlib.sha1(data).hexdigest()
                    return self._answer(200, data, {"ETag": f'"{tag}"', "X-Repo-Commit": commit})
        return self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Silence."""


@contextmanager
def hub(files: Files) -> Iterator[str]:
    """Its address, until the block ends."""
    handler = type("Handler", (_Handler,), {"files": files})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
