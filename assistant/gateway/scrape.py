"""One page for Prometheus: the gateway's figures and those of every engine.

An engine's series get a label ``engine`` with its name here; one that they bring themselves
(vLLM numbers its cores so) becomes ``exported_engine``, as Prometheus itself would call it.
Replicas behind a vllm-router are asked one by one and have a label ``replica``: the router would
hand the question on to any of them.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from assistant.errors import AssistantError

if TYPE_CHECKING:
    from assistant.gateway.gateway import Gateway
    from assistant.gateway.pool import Engine

logger = logging.getLogger(__name__)

PATIENCE = 3.0
"""Seconds that an engine may take for its page."""


class Scraper:
    """Asks the engines of one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._routers: dict[str, bool] = {}

    async def page(self) -> bytes:
        """The text; an engine that does not answer is only said to be silent."""
        engines = self._gateway.pool.engines
        pages = await asyncio.gather(*(self._pages(engine) for engine in engines.values()))
        own = list(self._gateway.metrics.collect())
        # vLLM's page takes long to read, by the measure of a keystroke.
        return await asyncio.to_thread(_render, own, dict(zip(engines, pages, strict=True)))

    async def _pages(self, engine: Engine) -> _Pages:
        if engine.endpoint is None:
            return {"": None}
        server = engine.endpoint.url.removesuffix("/v1")
        replicas = await self._replicas(server)
        texts = await asyncio.gather(*(self._get(f"{r}/metrics") for r in replicas or (server,)))
        names = [urlsplit(replica).netloc for replica in replicas] or [""]
        return dict(zip(names, texts, strict=True))

    async def _replicas(self, server: str) -> tuple[str, ...]:
        """URLs of what a vllm-router has behind it; any other server is asked once."""
        if self._routers.get(server) is False:
            return ()
        status, text = await self._ask(f"{server}/list_workers")
        try:
            urls = tuple(str(url) for url in json.loads(text)["urls"])
        except (ValueError, KeyError, TypeError):
            if status:
                self._routers.setdefault(server, False)
            return ()
        self._routers[server] = True
        return urls

    async def _get(self, url: str) -> str | None:
        status, text = await self._ask(url)
        return text if status == 200 else None

    async def _ask(self, url: str) -> tuple[int, str]:
        """Status and text; 0 for no answer."""
        try:
            return await self._gateway.upstream.get(url, PATIENCE)
        except (AssistantError, TimeoutError, UnicodeDecodeError):
            return 0, ""


_Pages = Mapping[str, str | None]
"""Of one engine, by replica; empty where there is one. None for no answer."""


def _render(own: list[Metric], engines: dict[str, _Pages]) -> bytes:
    families = {family.name: family for family in own}
    answered = GaugeMetricFamily(
        "gateway_engine_scrape_ok", "Whether the engine gave its own figures", labels=("engine",)
    )
    for engine, pages in engines.items():
        read = {replica: _read(text) for replica, text in pages.items() if text is not None}
        answered.add_metric((engine,), float(bool(pages) and all(read.get(r) for r in pages)))
        for replica, found in read.items():
            labels = {"engine": engine, **({"replica": replica} if replica else {})}
            for family in found or ():
                into = families.setdefault(family.name, _empty(family))
                # Two engines of different makes may not mean the same by one name.
                if into.type == family.type:
                    into.samples += (_relabelled(sample, labels) for sample in family.samples)
    return generate_latest(_Page([*families.values(), answered]))


def _read(text: str) -> list[Metric] | None:
    try:
        return list(text_string_to_metric_families(text))
    except Exception as error:  # noqa: BLE001 - the parser raises all sorts of things for a page that is none
        logger.debug("an engine's /metrics cannot be read: %s", type(error).__name__)
        return None


def _empty(family: Metric) -> Metric:
    return Metric(family.name, family.documentation, family.type)


def _relabelled(sample: Sample, ours: Mapping[str, str]) -> Sample:
    theirs = {f"exported_{k}" if k in ours else k: v for k, v in sample.labels.items()}
    return sample._replace(labels={**theirs, **ours})


class _Page(Collector):
    """What ``generate_latest`` asks for."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families
