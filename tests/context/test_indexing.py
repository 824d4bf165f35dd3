from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.context import Repository
from assistant.context.locking import exclusively
from assistant.context.store import index_file
from assistant.errors import RepositoryIndexError
from assistant.settings import ContextSettings


def test_report(write: Callable[..., Path], repository: Repository) -> None:
    write({"a.py": "def f():\n    pass\n", "b/c.go": "package b\nfunc G() {}\n", "x.bin.py": b"\0"})
    progress: list[tuple[int, int]] = []
    report = repository.refresh(lambda done, todo: progress.append((done, todo)))
    assert report.as_json() == {
        "files": 2,
        "symbols": 2,
        "lines": 4,
        "languages": {"python": 1, "go": 1},
        "skipped": [{"path": "x.bin.py", "why": "binary"}],
        "seconds": report.seconds,
        "bytes": report.bytes,
    }
    assert report.seconds > 0
    assert report.bytes > 0
    assert progress[0] == (0, 3)
    assert progress[-1] == (3, 3)


def test_only_what_changed_is_read(write: Callable[..., Path], repository: Repository) -> None:
    root = write({"a.py": "def f(): pass\n", "b.py": "def g(): pass\n", "c.py": "def h(): pass\n"})
    assert repository.refresh().changed == 3
    assert repository.refresh().changed == 0
    write({"a.py": "def f2(): pass\n"})
    (root / "b.py").unlink()
    report = repository.refresh()
    assert (report.files, report.changed, report.removed) == (2, 1, 1)
    assert repository.defines("f2")
    assert not repository.defines("f")
    assert not repository.defines("g")


def test_touched_but_not_changed(write: Callable[..., Path], repository: Repository) -> None:
    root = write({"a.py": "def f(): pass\n"})
    repository.refresh()
    os.utime(root / "a.py", ns=(1, 1))
    assert repository.refresh().changed == 1
    assert repository.refresh().changed == 0
    assert repository.defines("f")


def test_a_file_that_became_binary_is_forgotten(
    write: Callable[..., Path], repository: Repository
) -> None:
    write({"a.py": "def f(): pass\n"})
    repository.refresh()
    write({"a.py": b"\0\0\0"})
    assert repository.refresh().files == 0
    assert not repository.defines("f")


def test_imports_are_resolved_to_files(write: Callable[..., Path], repository: Repository) -> None:
    write({"a.py": "from b import f\n", "b.py": "def f(): pass\n", "c.py": "import nothing\n"})
    repository.refresh()
    with repository._store.reading() as db:
        rows = db.execute("SELECT module, targets FROM imports ORDER BY module").fetchall()
    assert rows == [("b", '[["b.py", [["f", "f"]]]]'), ("nothing", None)]


def test_an_import_whose_file_appears_later(
    write: Callable[..., Path], repository: Repository
) -> None:
    write({"a.py": "from b import f\n"})
    repository.refresh()
    write({"b.py": "def f(): pass\n"})
    repository.refresh()
    with repository._store.reading() as db:
        assert db.execute("SELECT targets FROM imports").fetchone()[0] is not None


def test_two_indexers_do_not_meet(write: Callable[..., Path], repository: Repository) -> None:
    root = write({"a.py": ""})
    lock = index_file(root).with_suffix(".lock")
    with (
        exclusively(lock, "test", 0),
        pytest.raises(RepositoryIndexError, match="by another process"),
    ):
        repository.refresh(wait=0)
    assert repository.refresh(wait=0).files == 1


def test_a_root_that_is_gone(repository: Repository, root: Path) -> None:
    root.rmdir()
    with pytest.raises(RepositoryIndexError, match="no folder"):
        repository.refresh()


@pytest.mark.slow
def test_a_killed_indexer_leaves_a_usable_index(write: Callable[..., Path], home: Path) -> None:
    root = write({f"p{n // 50}/m{n}.py": f"def f{n}():\n    pass\n" for n in range(2000)})
    command = [sys.executable, "-m", "assistant.context.indexer", str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if b'"done": 0' not in line:
                break
        child.send_signal(signal.SIGKILL)
        child.wait()
    with Repository.open(root, ContextSettings()) as repository:
        with repository._store.reading() as db:
            kept = db.execute("SELECT count(*) FROM files").fetchone()[0]
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        report = repository.refresh()
        assert 0 < kept < 2000
        assert report.files == 2000
        assert report.changed == 2000 - kept
        assert repository.defines("f1999")


@pytest.mark.slow
def test_workers_do_not_outlive_a_killed_indexer(write: Callable[..., Path], home: Path) -> None:
    import psutil

    source = "def f():\n    return [1]\n" * 2000
    root = write({f"m{n}.py": source for n in range(600)})
    command = [sys.executable, "-m", "assistant.context.indexer", str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.stdout.readline()
        workers = psutil.Process(child.pid).children(recursive=True)
        assert workers
        child.kill()
        child.wait()
    deadline = time.monotonic() + 20
    while any(w.is_running() for w in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [w for w in workers if w.is_running() and w.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.slow
def test_a_hundred_thousand_files(root: Path, repository: Repository) -> None:
    for folder in range(1000):
        (root / f"p{folder}").mkdir()
        for file in range(100):
            (root / f"p{folder}" / f"m{file}.sh").write_bytes(b"x=1\n")
    report = repository.refresh()
    assert report.files == 100_000
    assert report.skipped == []
    assert repository.refresh().changed == 0
