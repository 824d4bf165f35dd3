"""The training set, read as a stream: JSON lines, Parquet, a saved dataset, or source files."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.syntax.language import of_path

FIELDS = ("text", "content", "code", "prompt", "completion", "chosen", "rejected", "messages")
"""Where text is looked for when no field is named: all of these that there are."""
_LANGUAGE = ("language", "lang", "path", "file_path", "filename")
_NOT_TEXT = frozenset({"role", "type", "name", "id"})
_MARKS = ("dataset_info.json", "dataset_dict.json", "state.json")
_SOURCE_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Record:
    """``number`` counts from 1: lines of JSON, else rows or files. ``line`` is the line as it
    stands, with its end, where the input has lines; ``where`` is for messages."""

    number: int
    where: str
    value: Mapping[str, Any]
    line: bytes | None = None

    def written(self) -> bytes:
        """The record as a line of JSON. Raises UsageError for what JSON cannot say."""
        if self.line is not None:
            return self.line
        try:
            return json.dumps(self.value, default=_plain).encode() + b"\n"
        except (TypeError, ValueError) as error:
            raise UsageError(f"{self.where} cannot be written as JSON: {error}") from error


def _plain(value: Any) -> str:
    import datetime
    import decimal

    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    raise TypeError(f"it holds {type(value).__name__}")


def records(path: Path) -> Iterator[Record]:
    """The records of a training set in their order. Raises UsageError."""
    try:
        if path.is_dir():
            saved = any((path / name).is_file() for name in _MARKS)
            yield from _dataset(path) if saved else _sources(path)
        elif path.suffix == ".parquet":
            yield from _parquet(path)
        else:
            yield from _lines(path)
    except (OSError, EOFError) as error:
        # gzip says what is wrong in its message alone.
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise UsageError(f"{path} cannot be read: {reason}") from error


def _lines(path: Path) -> Iterator[Record]:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            where = f"{path}, line {number}"
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                reason = getattr(error, "msg", None) or error
                raise UsageError(
                    f"{where} is not JSON ({reason}): correct it or leave it out"
                ) from None
            if not isinstance(value, dict):
                raise UsageError(f"{where} is no JSON object: give one object a line")
            yield Record(number, where, value, line)


def _parquet(path: Path) -> Iterator[Record]:
    try:
        import pyarrow as arrow  # type: ignore[import-untyped]
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError("Parquet needs `datasets`: make setup") from error
    try:
        with parquet.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(batch_size=256):
                for row in batch.to_pylist():
                    number += 1
                    yield Record(number, f"{path}, row {number}", row)
    except arrow.ArrowException as error:
        raise UsageError(f"{path} cannot be read: {' '.join(str(error).split())[:200]}") from error


def _dataset(path: Path) -> Iterator[Record]:
    try:
        import datasets
    except ImportError as error:
        raise UsageError("a saved dataset needs `datasets`: make setup") from error
    try:
        loaded = datasets.load_from_disk(str(path))
    except Exception as error:  # whatever reading a broken folder raises
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"{path} cannot be read as a saved dataset: {reason}") from error
    splits = list(loaded.values()) if isinstance(loaded, datasets.DatasetDict) else [loaded]
    number = 0
    for split in splits:
        for row in split:
            number += 1
            yield Record(number, f"{path}, row {number}", row)


def _sources(path: Path) -> Iterator[Record]:
    number = 0
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if of_path(file) is None or file.is_symlink() or not file.is_file():
                continue
            if file.stat().st_size > _SOURCE_BYTES:
                raise UsageError(f"{file} is larger than {_SOURCE_BYTES // 10**6} MB: leave it out")
            data = file.read_bytes()
            if b"\0" in data:
                continue
            number += 1
            relative = file.relative_to(path).as_posix()
            value = {"path": relative, "text": data.decode("utf-8", "replace")}
            yield Record(number, relative, value)
    if not number:
        raise UsageError(f"{path} holds no source files: name a file of JSON lines, or Parquet")


def fields_of(record: Record, named: Sequence[str]) -> tuple[str, ...]:
    """The fields that hold text: those named, else the usual ones that ``record`` has.
    Raises UsageError."""
    found = tuple(named) or tuple(name for name in FIELDS if name in record.value)
    if not found:
        has = ", ".join(list(record.value)[:12]) or "nothing"
        raise UsageError(f"{record.where} has none of the usual text fields but {has}: say --field")
    return found


def text_of(record: Record, fields: Sequence[str]) -> str:
    """The text of a record's fields; what they hold inside, line by line. Raises UsageError."""
    missing = [name for name in fields if name not in record.value]
    if missing:
        raise UsageError(
            f"{record.where} has no field {missing[0]!r}: say --field, or leave it out"
        )
    # A completion goes on where its prompt ends.
    text = ""
    for name in fields:
        value = "\n".join(_strings(record.value[name]))
        joined = name == "completion" and isinstance(record.value[name], str)
        text += value if joined or not text else "\n" + value
    return text


def _strings(value: Any) -> Iterator[str]:
    """Every string within, in order: the contents of messages, the parts of a content."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            stack.extend(value[key] for key in reversed(list(value)) if key not in _NOT_TEXT)
        elif isinstance(value, list | tuple):
            stack.extend(reversed(value))


def language_of(record: Record) -> str:
    """What the record says of its language: a name or a path; empty for nothing."""
    found = (record.value.get(name) for name in _LANGUAGE)
    return next((value for value in found if isinstance(value, str) and value), "")
