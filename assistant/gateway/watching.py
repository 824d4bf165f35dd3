"""Looking at a running gateway: ``/`` for people, ``/status.json`` behind it, ``/metrics``."""

from __future__ import annotations

import base64
import hashlib
import time
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from assistant import __version__
from assistant.gateway.access import needs
from assistant.gateway.call import Call
from assistant.gateway.history import SPAN, SPANS, Point
from assistant.gateway.metrics import state_of
from assistant.gateway.scrape import Scraper
from assistant.gateway.work import Kind

if TYPE_CHECKING:
    from assistant.gateway.gateway import Gateway


def router(gateway: Gateway) -> APIRouter:
    routes = APIRouter(tags=["Watching"])
    scraper = Scraper(gateway)

    @routes.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def page() -> HTMLResponse:
        """The status page; its data needs a key where there are keys."""
        html, policy = _page()
        return HTMLResponse(html, headers={"Content-Security-Policy": policy, **_HEADERS})

    @routes.get("/status.json")
    async def status(call: Annotated[Call, needs("admin")], response: Response) -> dict[str, Any]:
        """What the page at / shows: engines, queues, latency, recent requests without text."""
        response.headers["Cache-Control"] = "no-store"
        return figures(gateway)

    @routes.get("/metrics", response_class=PlainTextResponse)
    async def metrics(call: Annotated[Call, needs("admin")]) -> Response:
        """Prometheus's text: the gateway's figures and every engine's, by the label engine."""
        return Response(await scraper.page(), media_type=CONTENT_TYPE_LATEST)

    return routes


_HEADERS = {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@cache
def _page() -> tuple[str, str]:
    """The document with style and script in it, and the policy that lets only those run."""
    folder = files("assistant.gateway") / "page"
    html = (folder / "page.html").read_text("utf-8")
    hashes = {}
    for name in ("page.css", "page.js"):
        text = (folder / name).read_text("utf-8")
        html = html.replace(f"{{{{{name}}}}}", text)
        hashes[name] = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; connect-src 'self'; img-src data:; "
        f"style-src 'sha256-{hashes['page.css']}'; script-src 'sha256-{hashes['page.js']}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return html, policy


def figures(gateway: Gateway) -> dict[str, Any]:
    """Times are milliseconds, seconds where the name says so, and of the wall clock for
    people."""
    history, now = gateway.history, time.monotonic()
    return {
        "version": __version__,
        "time": time.time(),
        "up_seconds": round(now - history.began, 1),
        "draining": gateway.draining,
        "engines": [_engine(gateway, name) for name in gateway.pool.engines],
        "devices": [
            {
                "device": device,
                "kinds": [
                    {
                        "kind": kind.word,
                        "running": len(scheduler.running[kind]),
                        "slots": scheduler.lanes[kind].slots,
                        "waiting": len(scheduler.waiting[kind]),
                        "queue": scheduler.lanes[kind].queue,
                    }
                    for kind in Kind
                ],
            }
            for device, scheduler in gateway.pool.schedulers.items()
        ],
        "sums": {
            name: history.sums[name]
            for name in ("requests", "refused", "failed", "superseded", "gone")
        },
        "latency": {
            "span_seconds": SPAN,
            "spans": SPANS,
            "kinds": {
                kind.word: [_point(point, now) for point in latency.points(now)]
                for kind, latency in history.latency.items()
            },
        },
        "recent": [_request(call) for call in reversed(history.recent)],
    }


def _engine(gateway: Gateway, name: str) -> dict[str, Any]:
    engine, tokens = gateway.pool.engines[name], gateway.history.tokens
    return {
        "name": name,
        "model": engine.models[0],
        "adapters": list(engine.served.adapters),
        "serves": engine.served.serves,
        "device": engine.served.device,
        "state": state_of(engine),
        "detail": engine.link.detail or engine.detail,
        "active": engine.active,
        "tokens": {what: tokens[name, what] for what in ("prompt", "cached", "generated")},
    }


def _point(point: Point, now: float) -> list[float]:
    """How many spans ago, requests, first byte p50 and p95, whole answer p50 and p95."""
    ago = int(now // SPAN) - point.at
    first, total = (point.first_p50, point.first_p95), (point.total_p50, point.total_p95)
    return [ago, point.requests, *first, *total]


def _request(call: Call) -> dict[str, Any]:
    return {
        "time": call.at,
        "id": call.id,
        "key": call.key.name,
        "path": call.path[:80],
        "kind": call.kind.word if call.kind is not None else "",
        "model": call.model,
        "status": call.status,
        "outcome": call.outcome,
        "queue_ms": _ms(call.queued or call.began, call.granted),
        "first_byte_ms": _ms(call.began, call.first_byte),
        "ms": _ms(call.began, call.ended),
        "prompt_tokens": call.prompt_tokens,
        "cached_tokens": call.cached_tokens,
        "generated_tokens": call.generated_tokens,
    }


def _ms(start: float, end: float) -> float | None:
    return round((end - start) * 1000, 1) if end else None
