"""One indexer a workspace, whatever process it runs in."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from assistant.errors import RepositoryIndexError


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def exclusively(file: Path, what: str, wait: float) -> Iterator[None]:
    """Hold the lock ``file``; the system lets go of it when the process dies.

    Waits up to ``wait`` seconds for another holder, then raises RepositoryIndexError.
    """
    deadline = time.monotonic() + wait
    with file.open("ab") as handle:
        while not _try_lock(handle):
            if time.monotonic() >= deadline:
                raise RepositoryIndexError(
                    f"{what} is being indexed by another process: try again when it is done"
                )
            time.sleep(0.1)
        yield
