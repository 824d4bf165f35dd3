"""The gateway's own figures, for Prometheus. One page with the engines' is made in
:mod:`assistant.gateway.scrape`.

Every label is bounded by the configuration: a path, a model or an event that is not known is
counted as ``other``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from assistant.gateway.call import Call
from assistant.gateway.work import Kind

if TYPE_CHECKING:
    from assistant.gateway.engine import Engine
    from assistant.gateway.gateway import Gateway

OTHER = "other"
NONE = "none"
"""Of a request that is no work for an engine."""
WATCHED = frozenset({"/", "/health", "/ready", "/metrics", "/status.json", "/openapi.json"})
"""Paths by which people and machines look at the gateway."""
EVENTS = frozenset({"view", "select", "dismiss"})
STATES = ("stopped", "starting", "ready", "asleep", "failed")
SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
"""Bounds of the histograms."""


class Metrics:
    """Counts the requests of one gateway, in a registry of its own."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.paths = WATCHED
        """All that there are, once the application is built."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Now(gateway))

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"gateway_{name}", what, labels, registry=registry)

        def seconds(name: str, what: str) -> Histogram:
            labels = ("kind", "engine")
            return Histogram(
                f"gateway_{name}_seconds", what, labels, registry=registry, buckets=SECONDS
            )

        self._requests = counter("requests", "Requests", "path", "kind", "status", "outcome")
        self._refused = counter("refused", "Requests answered by a refusal", "reason")
        self._superseded = counter("superseded", "Requests whose place a newer one took")
        self._aborted = counter("aborted", "Requests whose client left", "kind")
        self._prompt = counter("prompt_tokens", "Prompt tokens, as engines say", "engine", "model")
        self._cached = counter("cached_tokens", "Of them, from a cache", "engine", "model")
        self._generated = counter("generated_tokens", "Tokens generated", "engine", "model")
        self._events = counter("completion_events", "What became of completions", "event")
        self._queue = seconds("queue", "From the queue to the engine")
        self._first = seconds("first_byte", "From the request to the answer's first byte")
        self._whole = seconds("request", "From the request to the answer's end")

    def completion_event(self, event: str) -> None:
        """A client says that a completion was shown, taken or dismissed."""
        self._events.labels(event if event in EVENTS else OTHER).inc()

    def add(self, call: Call) -> None:
        """A request has ended."""
        kind = NONE if call.kind is None else call.kind.word
        outcome = call.outcome or ("ok" if call.status < 400 else "refused")
        status = str(call.status) if call.status else NONE
        self._requests.labels(self.path(call), kind, status, outcome).inc()
        if call.status >= 400:
            self._refused.labels(outcome).inc()
        if outcome == "superseded":
            self._superseded.inc()
        elif outcome == "gone":
            self._aborted.labels(kind).inc()
        if call.kind is not None and call.engine:
            self._work(call, kind)

    def path(self, call: Call) -> str:
        """The call's path where it is one of ours."""
        return call.path if call.path in self.paths else OTHER

    def _work(self, call: Call, kind: str) -> None:
        if call.granted:
            self._queue.labels(kind, call.engine).observe(
                call.granted - (call.queued or call.began)
            )
        if call.status == 200 and call.first_byte:
            self._first.labels(kind, call.engine).observe(call.first_byte - call.began)
            self._whole.labels(kind, call.engine).observe(call.ended - call.began)
        if call.prompt_tokens or call.generated_tokens:
            engine = self._gateway.pool.engines.get(call.engine)
            known = engine is not None and call.model in engine.models
            labels = (call.engine, call.model if known else OTHER)
            self._prompt.labels(*labels).inc(call.prompt_tokens)
            self._cached.labels(*labels).inc(call.cached_tokens)
            self._generated.labels(*labels).inc(call.generated_tokens)

    def collect(self) -> Iterator[Metric]:
        """All families; without the times at which counters began, which nobody asks for."""
        for family in self.registry.collect():
            family.samples = [s for s in family.samples if not s.name.endswith("_created")]
            yield family


def state_of(engine: Engine) -> str:
    """One of ``STATES``."""
    if engine.link.state != "ready":
        return engine.link.state
    if engine.rest.engaged:
        return "asleep"
    return "ready" if engine.endpoint is not None else "starting"


class _Now(Collector):
    """What is so at the moment, read when somebody asks."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        labels = ("device", "kind")
        active = GaugeMetricFamily("gateway_active", "Requests in an engine", labels=labels)
        waiting = GaugeMetricFamily("gateway_waiting", "Requests in a queue", labels=labels)
        slots = GaugeMetricFamily("gateway_slots", "Requests that may be active", labels=labels)
        for device, scheduler in self._gateway.pool.schedulers.items():
            for kind in Kind:
                active.add_metric((device, kind.word), len(scheduler.running[kind]))
                waiting.add_metric((device, kind.word), len(scheduler.waiting[kind]))
                slots.add_metric((device, kind.word), scheduler.lanes[kind].slots)
        yield from (active, waiting, slots)
        state = GaugeMetricFamily(
            "gateway_engine_state", "1 for the state it is in", labels=("engine", "state")
        )
        for name, engine in self._gateway.pool.engines.items():
            now = state_of(engine)
            for one in STATES:
                state.add_metric((name, one), float(one == now))
        yield state
        lost = self._gateway.audit_lost
        yield CounterMetricFamily("gateway_audit_lost", "Audit lines not written", lost)
