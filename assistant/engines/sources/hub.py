"""The model hub that publishers use; ``HF_ENDPOINT`` and ``HF_HUB_OFFLINE`` are honoured."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.engines.catalogue import CatalogueModel
from assistant.engines.sources import SourceUnavailable

if TYPE_CHECKING:
    import httpx

ANSWER_SECONDS = 3.0
"""The first answer must come within this time, name resolution and all."""
STALL_SECONDS = 30.0
ATTEMPTS = 4


class HubSource:
    """Downloads ``file`` of ``repository`` over HTTP, and goes on where it broke off."""

    name = "hub"

    def fetch(
        self,
        entry: Mapping[str, Any],
        model: CatalogueModel,
        target: Path,
        report: Callable[[int], None],
    ) -> None:
        import httpx

        if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
            raise SourceUnavailable("not asked, because HF_HUB_OFFLINE is set")
        base = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
        url = f"{base}/{entry['repository']}/resolve/main/{model.file}"
        timeout = httpx.Timeout(STALL_SECONDS, connect=ANSWER_SECONDS)
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            for attempt in range(ATTEMPTS):
                try:
                    self._once(client, url, model, target, report, first=attempt == 0)
                    return
                except httpx.HTTPError as error:
                    reason = f"{base}: {type(error).__name__} {error}".rstrip()
        raise SourceUnavailable(f"{reason} ({ATTEMPTS} attempts; what came is kept)")

    def _once(
        self,
        client: httpx.Client,
        url: str,
        model: CatalogueModel,
        target: Path,
        report: Callable[[int], None],
        first: bool,
    ) -> None:
        import httpx

        had = target.stat().st_size if target.exists() else 0
        if had >= model.size:
            target.unlink()
            had = 0
        headers = {"Accept-Encoding": "identity"}
        if had:
            headers["Range"] = f"bytes={had}-"
        token = os.environ.get("HF_TOKEN")
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = client.build_request("GET", url, headers=headers)
        response = _answer(client, request, ANSWER_SECONDS if first else STALL_SECONDS)
        try:
            if response.status_code not in (200, 206):
                raise SourceUnavailable(f"{url} answered {response.status_code}")
            resumed = response.status_code == 206
            had = had if resumed else 0
            with target.open("ab" if resumed else "wb") as file:
                for piece in response.iter_raw():
                    file.write(piece)
                    had += len(piece)
                    report(had)
        finally:
            response.close()
        if had < model.size:
            raise httpx.ReadError(f"ended after {had} of {model.size} bytes")


def _answer(client: httpx.Client, request: httpx.Request, seconds: float) -> httpx.Response:
    """The response's head, or SourceUnavailable after ``seconds``.

    In a thread of its own, because nothing else bounds the whole of name resolution,
    connection, handshake, redirects and the wait for an answer.
    """
    import httpx

    answers: queue.SimpleQueue[httpx.Response | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(client.send(request, stream=True))
        except Exception as error:  # noqa: BLE001 - handed to the waiting thread
            answers.put(error)

    threading.Thread(target=ask, daemon=True, name="hub").start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise SourceUnavailable(f"{request.url.host} did not answer in {seconds:g} s") from None
    if isinstance(answer, httpx.ConnectError | httpx.ConnectTimeout):
        raise SourceUnavailable(f"{request.url.host} cannot be reached: {answer}") from answer
    if isinstance(answer, Exception):
        raise answer
    return answer


SOURCE = HubSource()
