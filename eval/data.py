"""Where benchmark files come from: a folder, or the hub.

The project holds no benchmark. ``--data DIR`` or ``ASSISTANT_DATA`` names a folder with the
files; what is not there is asked of the hub through ``datasets``.
"""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, UsageError


class DataError(AssistantError):
    """A benchmark's records cannot be had."""


@dataclass(frozen=True, slots=True)
class Source:
    """A benchmark's file and where the hub keeps the same records.

    ``hub`` is ``owner/name``, with ``config`` and ``split``; empty when the hub has none.
    ``fields`` renames the hub's columns to the file's.
    """

    file: str
    hub: str = ""
    config: str = ""
    split: str = "test"
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Data:
    """A folder of benchmark files, or None for the hub only."""

    folder: Path | None = None

    @classmethod
    def named(cls, folder: str | Path | None = None) -> Data:
        """The folder given, else that of ``ASSISTANT_DATA``. Raises UsageError."""
        named = folder or os.environ.get("ASSISTANT_DATA")
        if not named:
            return cls(None)
        path = Path(named).expanduser().resolve()
        if not path.is_dir():
            raise UsageError(f"{path}: there is no such folder (--data, ASSISTANT_DATA)")
        return cls(path)

    def rows(self, source: Source) -> list[dict[str, Any]]:
        """The records of ``source``, in the file's order. Raises DataError."""
        if self.folder is not None and (path := self.folder / source.file).is_file():
            return read(path)
        if not source.hub:
            raise DataError(f"{source.file} is not there: name its folder with --data")
        return _from_hub(source)


def read(path: Path) -> list[dict[str, Any]]:
    """The records of a ``.json`` or ``.jsonl`` file, gzipped or not. Raises DataError."""
    opener: Any = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            if ".jsonl" in path.suffixes:
                return [json.loads(line) for line in file if line.strip()]
            return list(json.load(file))
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise DataError(f"{path} cannot be read ({error}): fetch it anew") from error


def _from_hub(source: Source) -> list[dict[str, Any]]:
    where = f"{source.hub} ({source.split})"
    try:
        import datasets
    except ImportError as error:
        raise DataError("the hub needs `datasets`: make setup") from error
    try:
        loaded = datasets.load_dataset(source.hub, source.config or None, split=source.split)
    except Exception as error:  # whatever a download library raises
        words = " ".join(str(error).split())[:200]
        raise DataError(
            f"{source.file} is in no data folder (--data DIR, ASSISTANT_DATA) "
            f"and {where} cannot be had from the hub: {words}"
        ) from error
    names = dict(source.fields)
    return [{names.get(key, key): value for key, value in row.items()} for row in loaded]
