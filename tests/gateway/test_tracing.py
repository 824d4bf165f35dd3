"""Traces: from the client's context to the engine's, as a collector receives them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_control import FakeControl
from gateway_door import Door, Place
from lsp_client import stdio
from otlp_receiver import Collector, Span, collector

pytestmark = pytest.mark.slow

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
SECRET = "def very_secret_name(argument):"
SERVER, CLIENT = 2, 3


@pytest.fixture
def spans() -> Iterator[Collector]:
    with collector() as found:
        yield found


@pytest.fixture
def traced(start: Callable[..., Door], spans: Collector) -> Door:
    return start(f"gateway.otlp_endpoint={spans.url}", OTEL_BSP_SCHEDULE_DELAY="50")


def sent(engine: FakeControl) -> list[str]:
    """The ``traceparent`` of each request that the engine got."""
    return [e["trace"] for e in engine.events("request") if e["body"].get("user") != "warm-up"]


def request(spans: Collector, path: str = "/v1/completions") -> Span:
    """The one request's span, once it is here."""
    spans.wait(lambda: spans.named(f"POST {path}"))
    (found,) = spans.named(f"POST {path}")
    return found


def test_a_clients_trace_goes_on_to_the_engine(
    traced: Door, engine: FakeControl, spans: Collector
) -> None:
    engine.answer("secret", "return very_secret_answer")
    body = {"prompt": SECRET, "stream": True, "stream_options": {"include_usage": True}}
    headers = {**PARENT, "tracestate": "vendor=1", "X-Request-Id": "one"}
    assert "very_secret" in traced.post("/v1/completions", body, headers=headers).text
    whole = request(spans)
    spans.wait(lambda: spans.named("queue") and spans.named("engine"))
    (queue,), (asked,) = spans.named("queue"), spans.named("engine")
    assert {span.trace for span in (whole, queue, asked)} == {TRACE}
    assert (whole.parent, queue.parent, asked.parent) == (SPAN, whole.id, whole.id)
    assert (whole.kind, asked.kind) == (SERVER, CLIENT)
    assert whole.start <= queue.start <= queue.end <= asked.start <= asked.end <= whole.end
    assert asked.start <= whole.events["first_byte"] <= whole.end
    # What vLLM records hangs below the span that is for it.
    assert sent(engine) == [f"00-{TRACE}-{asked.id}-01"]
    assert whole.service == "repo-assistant"
    assert whole.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/completions",
        "http.response.status_code": 200,
        "gen_ai.request.model": "fake",
        "gen_ai.usage.input_tokens": whole.attributes["gen_ai.usage.input_tokens"],
        "gen_ai.usage.output_tokens": 3,
        "assistant.request_id": "one",
        "assistant.key": "local",
        "assistant.kind": "inline",
        "assistant.engine": "main",
    }
    assert b"secret" not in spans.raw


async def test_a_trace_begins_at_the_keystroke(
    place: Place, traced: Door, engine: FakeControl, spans: Collector, tmp_path: Path
) -> None:
    engine.configure(default="a + b\n")
    file = tmp_path / "sums.py"
    file.write_text("def add(a, b):\n    return \n", encoding="utf-8")
    async with stdio("--set", f"engine.url={traced.url}/v1", env=dict(place.env)) as client:
        await client.initialize(tmp_path)
        await client.ready()
        await client.open(file.as_uri(), file.read_text(encoding="utf-8"))
        assert await client.inline(file.as_uri(), 1, 11)
    spans.wait(lambda: spans.named("assistant keystroke") and spans.named("engine"))
    (typed,) = spans.named("assistant keystroke")
    whole = next(s for s in spans.named("POST /v1/completions") if s.trace == typed.trace)
    # The editor's own span is not recorded; both hang below it.
    assert typed.parent == whole.parent != ""
    assert typed.start <= typed.end == whole.start
    (asked,) = (s for s in spans.named("engine") if s.trace == typed.trace)
    assert f"00-{typed.trace}-{asked.id}-01" in sent(engine)


def test_a_request_without_a_trace_begins_one(
    traced: Door, engine: FakeControl, spans: Collector
) -> None:
    wrong = {"traceparent": "00-1-2-3", "X-Assistant-Waited": "-5"}
    assert traced.post("/v1/completions", {"prompt": "x"}, headers=wrong).status_code == 200
    whole = request(spans)
    assert whole.parent == ""
    assert sent(engine)[0].split("-")[1] == whole.trace
    assert not spans.named("assistant keystroke")


def test_failures_are_marked_without_their_words(
    traced: Door, engine: FakeControl, spans: Collector
) -> None:
    engine.configure(refuse=500)
    asked = {"messages": [{"role": "user", "content": SECRET}]}
    assert traced.post("/v1/chat/completions", asked).status_code == 502
    whole = request(spans, "/v1/chat/completions")
    assert whole.failed
    assert whole.words == whole.attributes["assistant.outcome"] == "engine_failed"
    # The client's own faults are no faults of the server.
    traced.post("/v1/completions", {"prompt": "x", "model": "very-secret"})
    assert not request(spans).failed
    assert b"secret" not in spans.raw


def test_looking_at_the_gateway_is_not_traced(traced: Door, spans: Collector) -> None:
    for path in ("/health", "/ready", "/metrics", "/status.json", "/"):
        assert traced.get(path, headers=PARENT).status_code == 200
    traced.get("/very/secret/path")
    traced.end()
    assert [span.name for span in spans.spans] == ["GET other"]


def test_a_client_that_does_not_sample_is_heeded(
    traced: Door, engine: FakeControl, spans: Collector
) -> None:
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-00", "X-Assistant-Waited": "5"}
    traced.post("/v1/completions", {"prompt": "x"}, headers=headers)
    traced.end()
    assert spans.spans == []
    assert sent(engine)[0].startswith(f"00-{TRACE}-")
    assert sent(engine)[0].endswith("-00")


def test_what_is_left_is_sent_at_the_end(
    start: Callable[..., Door], spans: Collector, engine: FakeControl
) -> None:
    door = start(f"gateway.otlp_endpoint={spans.url}/v1/traces", OTEL_BSP_SCHEDULE_DELAY="60000")
    door.post("/v1/completions", {"prompt": "x"})
    assert door.end() == 0
    assert request(spans)


def test_without_a_collector_requests_are_served(
    start: Callable[..., Door], engine: FakeControl
) -> None:
    door = start("gateway.otlp_endpoint=http://127.0.0.1:9", OTEL_BSP_SCHEDULE_DELAY="50")
    for _ in range(3):
        assert door.post("/v1/completions", {"prompt": SECRET}).status_code == 200
    assert door.end() == 0
    assert not [line for line in door.log if "secret" in line]


def test_untraced_the_context_is_handed_on(door: Door, engine: FakeControl) -> None:
    door.post("/v1/completions", {"prompt": "x"}, headers=PARENT)
    door.post("/v1/completions", {"prompt": "x"}, headers={"traceparent": "nonsense"})
    door.post("/v1/completions", {"prompt": "x"})
    assert sent(engine) == [PARENT["traceparent"], "", ""]


def test_untraced_nothing_is_imported(place: Place) -> None:
    code = (
        "import sys; from assistant.settings import Settings; "
        "from assistant.gateway.gateway import Gateway; from assistant.gateway.app import build; "
        "build(Gateway(Settings())); sys.exit(any('opentelemetry' in m for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=dict(place.env), check=False)
    assert done.returncode == 0
