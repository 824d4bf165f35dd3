"""A gateway's /metrics as a test reads it."""

from __future__ import annotations

from gateway_door import Door
from prometheus_client.parser import text_string_to_metric_families

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(door: Door) -> Samples:
    """Every sample of the page by name and labels; fails where Prometheus would."""
    answer = door.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    types = [line for line in answer.text.splitlines() if line.startswith("# TYPE")]
    assert len(types) == len({line.split()[2] for line in types})
    found: Samples = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def value(samples: Samples, metric: str, **labels: str) -> float:
    return samples.get((metric, frozenset(labels.items())), 0.0)


def requests(samples: Samples, **labels: str) -> float:
    """The sum of the requests with those labels."""
    wanted = set(labels.items())
    counted = [
        v for (n, has), v in samples.items() if n == "gateway_requests_total" and wanted <= has
    ]
    return sum(counted)
