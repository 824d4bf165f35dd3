"""The answers of a run that has not ended yet, so that a killed one goes on where it was.

One JSON line a record, written as soon as it is graded. The file is named by a digest of
everything that an answer depends on, so a run with another model, setting or code starts anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant import paths
from eval.results import Record

KEPT_SECONDS = 14 * 24 * 3600


class Journal:
    """The records of one run so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records = _read(path)

    @classmethod
    def of(cls, task: str, depends: Mapping[str, Any]) -> Journal:
        """The journal of the run that ``depends`` describes (plain data), empty when new."""
        folder = paths.folder("eval", "journal")
        _forget_old(folder)
        text = json.dumps(depends, sort_keys=True, default=str)
        key = hashlib.sha256(text.encode()).hexdigest()[:16]
        return cls(folder / f"{task}-{key}.jsonl")

    def add(self, record: Record) -> None:
        self.records[record.id] = record
        with self.path.open("a", encoding="utf-8") as file:
            file.write(record.model_dump_json() + "\n")

    def remove(self) -> None:
        """Forget it: the result is written."""
        self.path.unlink(missing_ok=True)


def _forget_old(folder: Path) -> None:
    """Remove what nobody has gone on with: code or settings have changed since."""
    for path in folder.glob("*.jsonl"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                path.unlink()


def _read(path: Path) -> dict[str, Record]:
    """What is whole in the file; a line that was cut off by a kill is dropped for good."""
    try:
        # Not splitlines: an answer may hold characters that it breaks at, which JSON does not.
        *lines, _ = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return {}
    records: dict[str, Record] = {}
    whole = 0
    for line in lines:
        try:
            record = Record.model_validate_json(line)
        except ValidationError:
            break
        records[record.id] = record
        whole += len(line) + 1
    with path.open("r+b") as file:
        file.truncate(whole)
    return records
