"""Files that appear whole or not at all."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from assistant.errors import UsageError


@contextmanager
def replacing(path: Path | None) -> Iterator[Callable[[bytes], object]]:
    """Gives what writes to ``path``, gzipped by its ending; nothing is written for None.

    The file takes its place when the block ends without an exception. Raises UsageError.
    """
    if path is None:
        yield len
        return
    path = path.resolve()
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        # The time is left out, so that equal records give equal files.
        with partial.open("xb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
                    yield cast(BinaryIO, packed).write
            else:
                yield raw.write
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def writable(path: Path, source: Path) -> None:
    """Raises UsageError where ``path`` is the input, lies within it, or is no plain file."""
    target, source = path.resolve(), source.resolve()
    if target == source or (target.exists() and target.samefile(source)):
        raise UsageError(f"{path} is the training set itself: name another file")
    if source.is_dir() and source in target.parents:
        raise UsageError(f"{path} lies within the training set: name a file outside")
    if target.exists() and not target.is_file():
        raise UsageError(f"{path} is no plain file: name another")
    if not target.parent.is_dir():
        raise UsageError(f"{path.parent}: there is no such folder")
