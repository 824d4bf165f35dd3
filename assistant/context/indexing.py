"""Bringing an index up to date with the disk.

A full scan compares size and time of each file with what the index has, reads those that
differ, and leaves out those whose content is the same after all. What is new is written in
small transactions: a killed run leaves an index that answers, and the next one goes on
from there.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assistant.context import records
from assistant.context.imports import FileTable, targets
from assistant.context.reading import Content, Unread, read
from assistant.context.store import Store
from assistant.context.walk import FoundFile, Skipped, walk
from assistant.settings import ContextSettings
from assistant.syntax.importing import Import

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

WORKERS = 2
_BATCH = 24
# Starting a worker takes as long as reading this many files.
_WORTH_WORKERS = 150
# A term in more than this share of all pieces finds nothing in particular.
_COMMON_SHARE = 0.02
_COMMON_LEAST = 400


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What the index holds after a refresh.

    ``languages`` counts files. ``seconds`` is this run's, ``bytes`` the index's own size on
    disk. ``changed`` and ``removed`` count the files that this run read or forgot.
    """

    files: int
    symbols: int
    lines: int
    languages: dict[str, int]
    skipped: list[dict[str, str]]
    seconds: float
    bytes: int
    changed: int = field(default=0, metadata={"json": False})
    removed: int = field(default=0, metadata={"json": False})

    def as_json(self) -> dict[str, Any]:
        """The fields of the command line's contract."""
        values = asdict(self)
        del values["changed"], values["removed"]
        return values


def refresh(
    store: Store, root: Path, settings: ContextSettings, progress: Progress | None = None
) -> IndexReport:
    """Scan ``root`` and bring ``store`` up to date. The caller holds the indexer's lock.

    ``progress`` is told (files done, files to do).
    """
    started = time.monotonic()
    skipped = Skipped()
    with store.reading() as db:
        known = {
            path: (size, mtime_ns, digest)
            for path, size, mtime_ns, digest in db.execute(
                "SELECT path, size, mtime_ns, digest FROM files"
            )
        }
    present: set[str] = set()
    changed: list[FoundFile] = []
    for found in walk(root, settings, skipped):
        present.add(found.path)
        if known.get(found.path, (0, 0, b""))[:2] != (found.size, found.mtime_ns):
            changed.append(found)
    vanished = [path for path in known if path not in present]

    digests = {path: entry[2] for path, entry in known.items()}
    done, refused = 0, []
    if progress:
        progress(0, len(changed))
    for batch in _read_all(root, changed, digests):
        refused += _write(store, batch, skipped)
        done += len(batch)
        if progress:
            progress(done, len(changed))
    removed = _remove(store, [*vanished, *refused])
    if changed or removed:
        _link(store, [f.path for f in changed], everything=bool(removed) or done > len(known) // 8)
        _note_common(store)
    return _report(store, skipped, started, len(changed), removed)


def _write(
    store: Store, batch: Sequence[tuple[FoundFile, Content | Unread | None]], skipped: Skipped
) -> list[str]:
    """Write one batch; gives the paths that the index must not hold."""
    refused = []
    with store.writing() as db:
        for found, result in batch:
            if isinstance(result, Content):
                records.replace(db, result)
            elif result is None:
                db.execute(
                    "UPDATE files SET size = ?, mtime_ns = ? WHERE path = ?",
                    (found.size, found.mtime_ns, found.path),
                )
            else:
                refused.append(result.path)
                if not result.gone:
                    skipped.add(result.path, result.why)
    return refused


def _remove(store: Store, paths: Sequence[str]) -> int:
    removed = 0
    for start in range(0, len(paths), 200):
        with store.writing() as db:
            removed += records.remove(db, paths[start : start + 200])
    return removed


def _read_all(
    root: Path, changed: Sequence[FoundFile], digests: dict[str, bytes]
) -> Iterator[list[tuple[FoundFile, Content | Unread | None]]]:
    batches = [changed[i : i + _BATCH] for i in range(0, len(changed), _BATCH)]
    jobs = [(str(root), [(f.path, digests.get(f.path)) for f in batch]) for batch in batches]
    results: Iterable[list[Content | Unread | None]]
    if len(changed) < _WORTH_WORKERS:
        results = map(_read_batch, jobs)
        for batch, read_ones in zip(batches, results, strict=True):
            yield list(zip(batch, read_ones, strict=True))
        return
    import multiprocessing

    # Not forked: the language server has threads, and a fork copies their locks.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WORKERS, mp_context=context, initializer=_die_with_parent) as pool:
        # A few batches in the air keep the workers busy and the memory small.
        waiting: list[tuple[Sequence[FoundFile], Future[list[Content | Unread | None]]]] = []
        try:
            for batch, job in zip(batches, jobs, strict=True):
                waiting.append((batch, pool.submit(_read_batch, job)))
                if len(waiting) > 3 * WORKERS:
                    first, future = waiting.pop(0)
                    yield list(zip(first, future.result(), strict=True))
            for first, future in waiting:
                yield list(zip(first, future.result(), strict=True))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _read_batch(
    job: tuple[str, list[tuple[str, bytes | None]]],
) -> list[Content | Unread | None]:
    root, files = job
    return [read(root, path, digest) for path, digest in files]


def _die_with_parent() -> None:
    """Leave when the indexer has gone, even when it was killed."""
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


def _link(store: Store, changed: Sequence[str], everything: bool) -> None:
    """Resolve imports to files; all of them again when files came or went."""
    with store.reading() as db:
        table = FileTable.of(db, store.root)
        rows = db.execute(
            "SELECT i.file, i.number, i.module, i.names, i.relative, f.path, f.language"
            " FROM imports i JOIN files f ON f.id = i.file"
        ).fetchall()
    wanted = set(changed)
    updates = []
    for file, number, module, names, relative, path, language in rows:
        if everything or path in wanted:
            pairs = tuple((name, alias) for name, alias in json.loads(names))
            found = targets(Import(module, pairs, 0, bool(relative)), path, language, table)
            updates.append((records.encode_targets(found), file, number))
    for start in range(0, len(updates), 5000):
        with store.writing() as db:
            db.executemany(
                "UPDATE imports SET targets = ? WHERE file = ? AND number = ?",
                updates[start : start + 5000],
            )


def _note_common(store: Store) -> None:
    """Keep the terms that are in too many pieces to be worth searching for."""
    with store.writing() as db:
        total = db.execute("SELECT count(*) FROM pieces").fetchone()[0]
        most = max(_COMMON_LEAST, int(total * _COMMON_SHARE))
        db.execute("DELETE FROM common")
        db.execute("INSERT OR REPLACE INTO meta VALUES ('common', ?)", (str(time.time_ns()),))
        if total > most:
            db.execute("INSERT INTO common SELECT term FROM vocabulary WHERE doc > ?", (most,))


def _report(
    store: Store, skipped: Skipped, started: float, changed: int, removed: int
) -> IndexReport:
    with store.reading() as db, closing(db.cursor()) as cursor:
        lines, files = cursor.execute(
            "SELECT coalesce(sum(lines), 0), count(*) FROM files"
        ).fetchone()
        symbols = cursor.execute("SELECT count(*) FROM symbols").fetchone()[0]
        languages = Counter(
            dict(cursor.execute("SELECT language, count(*) FROM files GROUP BY language"))
        )
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            log.debug("the write-ahead log stays: %s", error)
    return IndexReport(
        files=files,
        symbols=symbols,
        lines=lines,
        languages=dict(languages.most_common()),
        skipped=skipped.listing(),
        seconds=round(time.monotonic() - started, 3),
        bytes=store.size(),
        changed=changed,
        removed=removed,
    )
