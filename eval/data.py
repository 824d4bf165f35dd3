"""Where benchmark files come from: a folder, or the hub.

The project holds no benchmark. ``--data DIR`` or ``ASSISTANT_DATA`` names a folder with the
files; what is not there is taken from the hub as plain data files, because ``datasets`` 4 and
later refuses repositories that bring a loading script.
"""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, UsageError


class DataError(AssistantError):
    """A benchmark's records cannot be had."""


PARQUET = "refs/convert/parquet"
"""The revision where the hub itself keeps a script's records as Parquet."""


@dataclass(frozen=True, slots=True)
class Source:
    """A benchmark's file, where it is published, and where the hub keeps the same records.

    ``hub`` is ``owner/name``, empty when it has none with the same fields. ``pattern`` names the
    data files there (``*`` stands for slashes too) and ``revision`` their branch. ``fields``
    renames the hub's columns to the file's.
    """

    file: str
    published: str
    hub: str = ""
    pattern: str = ""
    revision: str = "main"
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
            raise _absent(source)
        return _from_hub(source)


def read(path: Path) -> list[dict[str, Any]]:
    """The records of a ``.json`` or ``.jsonl`` file, gzipped or not, or of a ``.parquet`` one.
    Raises DataError."""
    opener: Any = gzip.open if path.suffix == ".gz" else open
    try:
        if path.suffix == ".parquet":
            return _parquet(path)
        with opener(path, "rt", encoding="utf-8") as file:
            if ".jsonl" in path.suffixes:
                return [json.loads(line) for line in file if line.strip()]
            return list(json.load(file))
    except (OSError, EOFError, ValueError, TypeError) as error:
        words = " ".join(str(error).split())
        raise DataError(f"{path} cannot be read ({words}): fetch it anew") from error


def _parquet(path: Path) -> list[dict[str, Any]]:
    try:
        from pyarrow import parquet  # type: ignore[import-untyped]
    except ImportError as error:
        raise DataError("Parquet needs `datasets`: make setup") from error
    return list(parquet.read_table(path).to_pylist())


def _from_hub(source: Source) -> list[dict[str, Any]]:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise DataError("the hub needs `datasets`: make setup") from error
    where = f"{source.hub} ({source.revision})"
    try:
        folder = Path(
            snapshot_download(
                source.hub,
                repo_type="dataset",
                revision=source.revision,
                allow_patterns=[source.pattern],
            )
        )
    except Exception as error:  # whatever a download library raises
        words = " ".join(str(error).split())[:200]
        raise _absent(source, f" and {where} cannot be had from the hub: {words}") from error
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    # The folder may hold what another pattern brought before.
    held = [f for f in files if fnmatchcase(f.relative_to(folder).as_posix(), source.pattern)]
    if not held:
        raise _absent(source, f" and {where} has no file {source.pattern}")
    names = dict(source.fields)
    rows = [row for path in held for row in read(path)]
    return [{names.get(key, key): value for key, value in row.items()} for row in rows]


def _absent(source: Source, hub: str = "") -> DataError:
    return DataError(
        f"{source.file} is in no data folder (--data DIR, ASSISTANT_DATA){hub}; "
        f"it is published at {source.published}"
    )
