"""One page for Prometheus: the gateway's figures and those of every engine.

An engine's series get a label ``engine`` with its name here; one that they bring themselves
(vLLM numbers its cores so) becomes ``exported_engine``, as Prometheus itself would call it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

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


async def page(gateway: Gateway) -> bytes:
    """The text; an engine that does not answer is only said to be silent."""
    engines = gateway.pool.engines
    texts = await asyncio.gather(*(_text(gateway, engine) for engine in engines.values()))
    own = list(gateway.metrics.collect())
    # vLLM's page takes long to read, by the measure of a keystroke.
    return await asyncio.to_thread(_render, own, dict(zip(engines, texts, strict=True)))


async def _text(gateway: Gateway, engine: Engine) -> str | None:
    if engine.endpoint is None:
        return None
    try:
        url = f"{engine.endpoint.url.removesuffix('/v1')}/metrics"
        status, text = await gateway.upstream.get(url, PATIENCE)
    except (AssistantError, TimeoutError, UnicodeDecodeError):
        return None
    return text if status == 200 else None


def _render(own: list[Metric], texts: dict[str, str | None]) -> bytes:
    families = {family.name: family for family in own}
    answered = GaugeMetricFamily(
        "gateway_engine_scrape_ok", "Whether the engine gave its own figures", labels=("engine",)
    )
    for name, text in texts.items():
        found = _read(text) if text is not None else None
        answered.add_metric((name,), float(found is not None))
        for family in found or ():
            into = families.setdefault(family.name, _empty(family))
            # Two engines of different makes may not mean the same by one name.
            if into.type == family.type:
                into.samples += (_relabelled(sample, name) for sample in family.samples)
    return generate_latest(_Page([*families.values(), answered]))


def _read(text: str) -> list[Metric] | None:
    try:
        return list(text_string_to_metric_families(text))
    except Exception as error:  # noqa: BLE001 - the parser raises all sorts of things for a page that is none
        logger.debug("an engine's /metrics cannot be read: %s", type(error).__name__)
        return None


def _empty(family: Metric) -> Metric:
    return Metric(family.name, family.documentation, family.type)


def _relabelled(sample: Sample, engine: str) -> Sample:
    labels = dict(sample.labels)
    if "engine" in labels:
        labels["exported_engine"] = labels.pop("engine")
    return sample._replace(labels={**labels, "engine": engine})


class _Page(Collector):
    """What ``generate_latest`` asks for."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families
