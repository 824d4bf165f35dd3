"""One page for Prometheus: the engines' own figures beside the gateway's."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fake_control import FakeControl
from gateway_door import Door, Place
from prometheus_page import read, value

pytestmark = pytest.mark.slow

ENGINE_PAGE = """\
# HELP vllm:prefix_cache_hits_total Tokens found in the prefix cache.
# TYPE vllm:prefix_cache_hits_total counter
vllm:prefix_cache_hits_total{engine="0",model_name="fake"} 640.0
# HELP vllm:num_requests_running Requests.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="fake"} 2.0
# HELP process_resident_memory_bytes Resident memory size in bytes.
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 1.5e+09
"""


@pytest.fixture
def one(start: Callable[..., Door]) -> Door:
    """A gateway that has counted nothing yet."""
    return start()


def test_one_page_has_the_engines_figures(one: Door, engine: FakeControl) -> None:
    engine.configure(metrics=ENGINE_PAGE)
    found = read(one)
    theirs = {"engine": "main", "exported_engine": "0", "model_name": "fake"}
    assert value(found, "vllm:prefix_cache_hits_total", **theirs) == 640
    assert value(found, "vllm:num_requests_running", **theirs) == 2
    assert value(found, "gateway_engine_scrape_ok", engine="main") == 1
    assert value(found, "gateway_engine_state", engine="main", state="ready") == 1
    # A family that both have is one family.
    assert value(found, "process_resident_memory_bytes", engine="main") == 1.5e9
    assert value(found, "process_resident_memory_bytes") > 0


@pytest.mark.parametrize("page", ["", "<html>hello</html>", 'a{b="c" 1\n', "x 1 2 3 4\n\0"])
def test_an_engine_without_figures_is_only_said_to_be(
    door: Door, engine: FakeControl, page: str
) -> None:
    engine.configure(metrics=page)
    found = read(door)
    assert value(found, "gateway_engine_scrape_ok", engine="main") == 0
    assert value(found, "gateway_engine_state", engine="main", state="ready") == 1


@contextmanager
def serving(pages: dict[str, str]) -> Iterator[str]:
    """A server of those texts; its URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = pages.get(self.path)
            body = (text or "").encode()
            self.send_response(404 if text is None else 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_several_engines_and_replicas_share_families(
    place: Place, start: Callable[..., Door], engine: FakeControl
) -> None:
    engine.configure(metrics=ENGINE_PAGE)
    models = json.dumps({"data": [{"id": "m", "object": "model", "owned_by": "vllm"}]})
    with serving({"/metrics": ENGINE_PAGE}) as a, serving({"/metrics": ENGINE_PAGE}) as b:
        workers = json.dumps({"urls": [a, b]})
        # A router passes what it does not know on to any of its replicas.
        fake = {"/v1/models": models, "/list_workers": workers, "/metrics": "wrong 1\n"}
        with serving(fake) as router, serving({"/v1/models": models}) as silent:
            door = start(
                f"engine.url={place.engine_url}",
                f'engines.many.url="{router}/v1"',
                f'engines.silent.url="{silent}/v1"',
                'engines.gone.url="http://127.0.0.1:9/v1"',
            )
            ready = {"engine": "many", "state": "ready"}
            engine.wait_for(lambda: value(read(door), "gateway_engine_state", **ready))
            found = read(door)
    ok = {
        name: value(found, "gateway_engine_scrape_ok", engine=name)
        for name in ("main", "many", "silent", "gone")
    }
    assert ok == {"main": 1, "many": 1, "silent": 0, "gone": 0}
    assert not [name for name, _ in found if name == "wrong"]
    running = {
        tuple(dict(has).get(k, "") for k in ("engine", "replica"))
        for name, has in found
        if name == "vllm:num_requests_running"
    }
    assert running == {
        ("main", ""),
        ("many", a.removeprefix("http://")),
        ("many", b.removeprefix("http://")),
    }
