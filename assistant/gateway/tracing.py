"""Traces of requests: W3C trace context in and out, OpenTelemetry spans where they are wanted.

Without ``gateway.otlp_endpoint`` a client's trace context is handed on to the engine as it came
and nothing else is done. With it, each request for work gives these spans:

``assistant keystroke``
    from the keystroke to the request, where the client says how long ago that was
    (:data:`~assistant.engines.client.WAITED`): debouncing, context, prompt
``POST /v1/…``
    the request, with an event ``first_byte``; in it ``queue`` and ``engine``, one for each time
    that the engine was asked

The engine is told its span's id, so that vLLM's own spans (``--otlp-traces-endpoint``) hang
below. No attribute holds text of a prompt or of an answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant import __version__
from assistant.engines.client import WAITED

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

    from assistant.gateway.call import Call

_PARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_STATE = re.compile(r"[ -~]{1,512}")
_LONGEST_WAIT = 60_000
"""Milliseconds that a client may say to have waited."""


class Trace:
    """Of one call. This one only hands ``carrier`` on."""

    def __init__(self, carrier: Mapping[str, str] | None = None) -> None:
        self._carrier = dict(carrier or {})

    def to_engine(self) -> dict[str, str]:
        """Headers for a request to an engine, which begins now."""
        return self._carrier

    def end(self, call: Call, path: str) -> None:
        """The call has ended; ``path`` names its route."""


UNTRACED = Trace()


class Tracing:
    """``endpoint`` is a collector's base URL or its ``…/v1/traces``; empty for none. What
    OpenTelemetry reads from the environment (headers, sampling, certificates) is in force."""

    def __init__(self, endpoint: str) -> None:
        self._provider = _provider(endpoint) if endpoint else None
        self._tracer = self._provider.get_tracer(__name__, __version__) if self._provider else None

    def begin(self, call: Call, headers: Mapping[str, str]) -> Trace:
        """The trace of a call that has just begun; ``headers`` have lower-case names."""
        carrier = _carrier(headers)
        if self._tracer is not None:
            return _Spans(self._tracer, call, carrier, headers.get(WAITED.lower(), ""))
        return Trace(carrier) if carrier else UNTRACED

    def close(self) -> None:
        """Send what is left; takes up to some seconds where nobody answers."""
        if self._provider is not None:
            self._provider.shutdown()


class _Spans(Trace):
    def __init__(self, tracer: Tracer, call: Call, carrier: Mapping[str, str], waited: str) -> None:
        from opentelemetry.trace import SpanKind, set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        super().__init__()
        # Calls are timed by the monotonic clock, spans by the wall's.
        self._zero = time.time_ns() - round(time.monotonic() * 1e9)
        self._tracer = tracer
        self._format = TraceContextTextMapPropagator()
        context = self._format.extract(carrier)
        began = self._wall(call.began)
        if waited.isdigit() and (ms := int(waited[:9])) <= _LONGEST_WAIT:
            start = began - ms * 1_000_000
            tracer.start_span("assistant keystroke", context, start_time=start).end(began)
        self._span = tracer.start_span("", context, SpanKind.SERVER, start_time=began)
        self._context = set_span_in_context(self._span)
        self._asked: list[Span] = []

    def to_engine(self) -> dict[str, str]:
        from opentelemetry.trace import SpanKind, set_span_in_context

        self._end_asked()
        span = self._tracer.start_span("engine", self._context, SpanKind.CLIENT)
        self._asked.append(span)
        carrier: dict[str, str] = {}
        self._format.inject(carrier, set_span_in_context(span))
        return carrier

    def end(self, call: Call, path: str) -> None:
        from opentelemetry.trace import Status, StatusCode

        ended = self._wall(call.ended)
        self._end_asked(ended)
        if call.queued:
            queue = self._tracer.start_span(
                "queue", self._context, start_time=self._wall(call.queued)
            )
            queue.end(self._wall(call.granted) if call.granted else ended)
        span = self._span
        span.update_name(f"{call.method} {path}")
        span.set_attributes(_attributes(call, path))
        if call.first_byte:
            span.add_event("first_byte", timestamp=self._wall(call.first_byte))
        if call.status >= 500 or (call.status < 400 and call.outcome not in ("", "gone")):
            # Not the error's words: they may quote what the client sent.
            span.set_status(Status(StatusCode.ERROR, call.outcome))
        span.end(ended)

    def _end_asked(self, when: int | None = None) -> None:
        while self._asked:
            self._asked.pop().end(when)

    def _wall(self, monotonic: float) -> int:
        return self._zero + round(monotonic * 1e9)


def _carrier(headers: Mapping[str, str]) -> dict[str, str]:
    parent, state = headers.get("traceparent", ""), headers.get("tracestate", "")
    if not _PARENT.fullmatch(parent):
        return {}
    return {"traceparent": parent, **({"tracestate": state} if _STATE.fullmatch(state) else {})}


def _attributes(call: Call, path: str) -> dict[str, Any]:
    """OpenTelemetry's names where it has one."""
    found = {
        "http.request.method": call.method,
        "http.route": path,
        "http.response.status_code": call.status,
        "gen_ai.request.model": call.model,
        "gen_ai.usage.input_tokens": call.prompt_tokens,
        "gen_ai.usage.output_tokens": call.generated_tokens,
        "gen_ai.usage.cache_read.input_tokens": call.cached_tokens,
        "assistant.request_id": call.id,
        "assistant.key": call.key.name,
        "assistant.kind": call.kind.word if call.kind is not None else "",
        "assistant.engine": call.engine,
        "assistant.outcome": call.outcome,
    }
    return {name: value for name, value in found.items() if value}


def _provider(endpoint: str) -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    if not urlsplit(endpoint).path.endswith("/v1/traces"):
        endpoint = f"{endpoint.rstrip('/')}/v1/traces"
    resource = Resource.create({"service.name": "repo-assistant", "service.version": __version__})
    # Ended by close(), not whenever the interpreter ends.
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint, timeout=5)))
    return provider
