"""vllm-router: its command line, and what is asked of it while it runs.

Its policy ``cache_aware`` keeps a tree of the prompts that went to each replica and sends a
request where most of its beginning went before, unless that one is too busy. It compares token
ids: for a prompt of text or a chat it first asks a replica for them, so clients that have the
tokenizer save that by sending ids. It asks at ``/render``, which vLLM 0.32 refuses without
``--enable-scale-out``; only where that is not found it asks at ``/tokenize``. Options as of 0.1.17.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.errors import EngineError

if TYPE_CHECKING:
    import httpx

MODULE = "vllm_router.launch_router"

OPTIONS = (
    *("--policy", "cache_aware"),
    # A replica that has so many requests more than another gets no more for its cache's sake.
    # The default, 64, is more than these engines ever hold.
    *("--balance-abs-threshold", "4", "--balance-rel-threshold", "1.5"),
    # A request that fails before its answer began is sent again. A dead replica is left out
    # after two failures: the default of ten is more than there are attempts, all of which the
    # cache's affinity would send to the same dead one.
    *("--retry-max-retries", "5", "--retry-initial-backoff-ms", "50"),
    *("--cb-failure-threshold", "2", "--cb-success-threshold", "1"),
    *("--cb-timeout-duration-secs", "5"),
    # For one that hangs; of one that dies the router is told. Long, because a CPU engine may
    # not answer in the middle of a step.
    *("--health-check-interval-secs", "5", "--health-check-timeout-secs", "10"),
    *("--health-failure-threshold", "3", "--health-success-threshold", "1"),
    *("--worker-startup-check-interval", "1"),
    # Without any, every web page may read its answers.
    *("--cors-allowed-origins", "http://127.0.0.1"),
    *("--log-level", "warning"),
)


def command(port: int, metrics_port: int, workers: Sequence[str]) -> list[str]:
    """The router on 127.0.0.1:``port`` in front of ``workers`` (URLs without a path)."""
    return [
        *(sys.executable, "-P", "-m", MODULE),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--prometheus-host", "127.0.0.1", "--prometheus-port", str(metrics_port)),
        *OPTIONS,
        *("--worker-urls", *workers),
    ]


async def add(http: httpx.AsyncClient, router: str, worker: str) -> None:
    """Have ``worker`` get requests. Raises EngineError."""
    await _tell(http, router, "add_worker", worker)


async def remove(http: httpx.AsyncClient, router: str, worker: str) -> None:
    """Have ``worker`` get no more; what is remembered of its cache goes too."""
    await _tell(http, router, "remove_worker", worker)


async def workers(http: httpx.AsyncClient, router: str) -> tuple[str, ...]:
    """URLs of the replicas behind ``router``; empty where that is no router."""
    import httpx

    try:
        answer = await http.get(f"{router}/list_workers")
        urls = answer.json()["urls"] if answer.status_code == 200 else []
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return ()
    return tuple(str(url) for url in urls)


async def _tell(http: httpx.AsyncClient, router: str, verb: str, worker: str) -> None:
    import httpx

    try:
        answer = await http.post(f"{router}/{verb}", params={"url": worker})
    except httpx.HTTPError as error:
        raise EngineError(f"the router at {router} does not answer: {error!r}") from error
    if answer.status_code != 200 and "already exists" not in answer.text:
        raise EngineError(f"the router refused {verb} of {worker}: {answer.text[:200]}")
