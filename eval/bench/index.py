"""How fast a repository is indexed, updated and searched.

    python -m eval.bench.index PATH [--lines N] [--samples N]

Copies source files of PATH into a workspace of its own, up to N lines in all, indexes it
from nothing in a fresh process tree, saves files, retrieves context at random places, and
prints one JSON document. The index lives in a temporary folder: nobody's own is touched.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from assistant.context import Repository
from assistant.context.walk import Skipped, walk
from assistant.errors import UsageError
from assistant.settings import ContextSettings
from assistant.types import CompletionRequest, Document
from eval.bench.running import run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="assistant bench index")
    parser.add_argument("path", type=Path)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=300)
    given = parser.parse_args()
    if not given.path.is_dir():
        raise UsageError(f"{given.path}: there is no such folder")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ["ASSISTANT_HOME"] = str(Path(folder, "home"))
        workspace = Path(folder, "workspace")
        copied = _copy(given.path.resolve(), workspace, given.lines)
        result = measure(workspace, given.samples)
    sys.stdout.write(json.dumps({"path": str(given.path), "copied": copied, **result}) + "\n")


def measure(workspace: Path, samples: int) -> dict[str, Any]:
    """Figures in seconds, milliseconds and MiB, as their names say."""
    settings = ContextSettings()
    with Repository.open(workspace, settings) as repository:
        before = sum(os.times()[:4])
        with _Peak() as peak:
            report = repository.refresh()
        processor = sum(os.times()[:4]) - before
        started = time.monotonic()
        repository.refresh()
        unchanged = time.monotonic() - started
        files = sorted(p for p in workspace.rglob("*.py") if 50 < _lines(p) < 1500)
        chooser = random.Random(7)  # noqa: S311
        # The first request loads what every later one shares.
        _retrieve(repository, files[0], chooser)
        updates = [_update(repository, chooser.choice(files)) for _ in range(samples // 5)]
        places = [_retrieve(repository, chooser.choice(files), chooser) for _ in range(samples)]
    return {
        "files": report.files,
        "lines": report.lines,
        "symbols": report.symbols,
        "cold_seconds": report.seconds,
        "cold_processor_seconds": round(processor, 1),
        "peak_mib": round(peak.mib),
        "index_mib": round(report.bytes / 2**20),
        "unchanged_seconds": round(unchanged, 2),
        "update_ms": _spread(updates),
        **{
            f"retrieve_{when}_{unit}": _spread([place[number][clock] for place in places])
            for number, when in enumerate(("new_file", "new_line", "same_line"))
            for clock, unit in enumerate(("ms", "processor_ms"))
        },
    }


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p95": round(ordered[int(len(ordered) * 0.95)], 2),
        "max": round(ordered[-1], 2),
    }


def _update(repository: Repository, file: Path) -> float:
    text = file.read_text(encoding="utf-8", errors="replace")
    file.write_text(f"{text}\n# saved at {time.time_ns()}\n", encoding="utf-8", errors="replace")
    started = time.perf_counter()
    repository.update(file)
    return (time.perf_counter() - started) * 1e3


def _retrieve(
    repository: Repository, file: Path, chooser: random.Random
) -> list[tuple[float, float]]:
    """The first request in a file, at its next line, at a keystroke there."""
    text = file.read_text(encoding="utf-8", errors="replace")
    starts = [at + 1 for at, char in enumerate(text) if char == "\n" and at + 1 < len(text)]
    number = chooser.randrange(len(starts) - 1)
    first, line = starts[number], starts[number + 1]
    keystroke = text[:line] + "x" + text[line:]
    return [
        _timed(repository, file, text, first),
        _timed(repository, file, text, line),
        _timed(repository, file, keystroke, line + 1),
    ]


def _timed(repository: Repository, file: Path, text: str, offset: int) -> tuple[float, float]:
    """Milliseconds on the clock, and of the processor: what other work leaves as it is."""
    request = CompletionRequest(Document(file, text), offset, repository.root)
    started, busy = time.perf_counter(), time.thread_time()
    repository.retrieve(request, lambda snippet: len(snippet) // 3, 900)
    return (time.perf_counter() - started) * 1e3, (time.thread_time() - busy) * 1e3


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def _copy(source: Path, workspace: Path, most: int) -> int:
    """Copy files in the order of the walk; gives the lines copied."""
    lines = 0
    for found in walk(source, ContextSettings(), Skipped()):
        if lines >= most:
            break
        target = workspace / found.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / found.path, target)
        lines += _lines(target)
    return lines


class _Peak:
    """Peak resident memory of this process and its children together, sampled."""

    def __init__(self) -> None:
        self.mib = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        import psutil

        own = psutil.Process()
        while not self._done.wait(0.1):
            total = 0
            for process in [own, *own.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.mib = max(self.mib, total / 2**20)


if __name__ == "__main__":
    run(main)
