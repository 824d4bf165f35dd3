"""One pass over a training set: each record is kept as it is, or dropped and reported."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from assistant.errors import UsageError
from eval.decontamination.detector import METHODS, Detector
from eval.decontamination.output import replacing, writable
from eval.decontamination.training import fields_of, language_of, records, text_of


@dataclass(slots=True)
class Summary:
    """Counts of records; a dropped one counts for every method and set that found it."""

    records: int = 0
    kept: int = 0
    fields: tuple[str, ...] = ()
    by: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    characters: int = 0
    seconds: float = 0.0

    @property
    def dropped(self) -> int:
        return self.records - self.kept


def decontaminate(
    source: Path,
    detector: Detector,
    output: Path | None = None,
    report: Path | None = None,
    fields: Sequence[str] = (),
    progress: Callable[[int, int], object] = lambda records, dropped: None,
) -> Summary:
    """Write what is kept to ``output`` and why the rest is not to ``report``, as JSON lines.

    The text fields are those of the first record unless named. ``progress`` is told the
    numbers of records read and dropped. Raises UsageError, and then writes neither file.
    """
    for path in (output, report):
        if path is not None:
            writable(path, source)
    if output is not None and report is not None and output.resolve() == report.resolve():
        raise UsageError(f"{output} cannot be both the output and the report")
    started = time.monotonic()
    summary = Summary(fields=tuple(fields))
    with replacing(output) as keep, replacing(report) as tell:
        for record in records(source):
            if not summary.records:
                summary.fields = fields_of(record, fields)
            text = text_of(record, summary.fields)
            found = detector.overlaps(text, language_of(record))
            summary.records += 1
            summary.characters += len(text)
            if not found:
                summary.kept += 1
                keep(record.written())
            else:
                summary.by.update({one.method for one in found})
                summary.hits.update({one.set for one in found})
                line: dict[str, object] = {"record": record.number}
                if isinstance(record.value.get("path"), str):
                    line["path"] = record.value["path"]
                line["overlaps"] = [asdict(one) for one in found]
                tell(json.dumps(line).encode() + b"\n")
            progress(summary.records, summary.dropped)
        if not summary.records:
            raise UsageError(f"{source} holds no records")
    summary.by = Counter({method: summary.by[method] for method in METHODS})
    summary.seconds = time.monotonic() - started
    return summary
