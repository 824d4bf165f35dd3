from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from assistant.context import Repository, store
from assistant.context.store import index_file
from assistant.errors import RepositoryIndexError
from assistant.settings import ContextSettings
from assistant.types import CompletionRequest

SETTINGS = ContextSettings()


def indexed(root: Path) -> Path:
    with Repository.open(root, SETTINGS) as repository:
        repository.refresh()
    return index_file(root)


def test_one_file_a_workspace(home: Path, root: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    assert index_file(root) == index_file(link)
    assert index_file(root) != index_file(tmp_path)
    assert index_file(root).parent == home / "index"


@pytest.mark.parametrize(
    "damage", [b"no database at all", b"", b"SQLite format 3\0" + b"\xff" * 99]
)
def test_a_corrupt_index_is_kept_aside_and_rebuilt(
    write: Callable[..., Path], home: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    root = write({"a.py": "def f(): pass\n"})
    file = indexed(root)
    file.write_bytes(damage)
    with caplog.at_level(logging.WARNING), Repository.open(root, SETTINGS) as repository:
        repository.refresh()
        assert repository.defines("f")
    if damage:
        assert file.with_suffix(".old").read_bytes() == damage
        assert len(caplog.messages) == 1
        assert "building anew" in caplog.messages[0]


def damage(file: Path) -> None:
    """Overwrite the pages after the second in place."""
    with file.open("r+b") as data:
        for at in range(8192, file.stat().st_size - 4096, 4096):
            data.seek(at)
            data.write(b"\xff" * 64)


def test_damage_found_while_in_use(
    write: Callable[..., Path], home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = write({f"m{n}.py": f"def f{n}(): pass\n" * 40 for n in range(30)})
    file = indexed(root)
    damage(file)
    with Repository.open(root, SETTINGS) as repository:
        write({"new.py": "def g(): pass\n"})
        repository.refresh()
        assert repository.defines("g")
        assert repository.defines("f29")
    assert any("building anew" in message for message in caplog.messages)


def test_another_format_is_kept_aside(
    write: Callable[..., Path], home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = write({"a.py": "def f(): pass\n"})
    file = indexed(root)
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA user_version = 99")
    with Repository.open(root, SETTINGS) as repository:
        repository.refresh()
        assert repository.defines("f")
    assert file.with_suffix(".old").exists()
    assert "has format 99" in caplog.messages[0]


def test_a_locked_index_answers_and_says_so_when_written(
    write: Callable[..., Path],
    home: Path,
    ask: Callable[..., CompletionRequest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.05)
    root = write({"a.py": "def f(): pass\n", "b.py": "from a import f\n"})
    file = indexed(root)
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as other,
        Repository.open(root, SETTINGS) as repository,
    ):
        other.execute("BEGIN IMMEDIATE")
        assert repository.defines("f")
        found = repository.retrieve(ask("b.py", "from a import f\nf(|"), len, 500)
        assert [snippet.path for snippet in found] == ["a.py"]
        write({"a.py": "def f2(): pass\n"})
        with pytest.raises(RepositoryIndexError, match="held by another process"):
            repository.update(root / "a.py")
        other.execute("ROLLBACK")
        repository.update(root / "a.py")
        assert repository.defines("f2")


def test_an_index_deleted_while_open(write: Callable[..., Path], repository: Repository) -> None:
    root = write({"a.py": "def f(): pass\n"})
    repository.refresh()
    for path in index_file(root).parent.iterdir():
        path.unlink()
    assert not repository.defines("f")
    repository.refresh()
    assert repository.defines("f")


def test_an_index_deleted_while_open_asks_for_a_refresh(
    write: Callable[..., Path], repository: Repository
) -> None:
    root = write({"a.py": "def f(): pass\n", "b.py": "def g(): pass\n"})
    repository.refresh()
    assert not repository.needs_refresh
    for path in index_file(root).parent.iterdir():
        path.unlink()
    repository.update(root / "a.py")
    assert repository.needs_refresh
    repository.refresh()
    assert repository.defines("g")
    assert not repository.needs_refresh


def test_damage_found_by_a_saved_file_asks_for_a_refresh(
    write: Callable[..., Path], home: Path
) -> None:
    root = write({f"m{n}.py": f"def f{n}(): pass\n" * 40 for n in range(30)})
    file = indexed(root)
    with Repository.open(root, SETTINGS) as repository:
        damage(file)
        write({"m3.py": "def g(): pass\n"})
        repository.update(root / "m3.py")
        assert repository.needs_refresh
        repository.refresh()
        assert repository.defines("g")
        assert repository.defines("f29")
        assert not repository.needs_refresh


def test_damage_found_by_a_question_asks_for_a_refresh(
    write: Callable[..., Path], home: Path, ask: Callable[..., CompletionRequest]
) -> None:
    root = write({f"m{n}.py": f"def f{n}(): pass\n" * 40 for n in range(30)})
    file = indexed(root)
    request = ask("x.py", "from m29 import f29\nf29(|")
    with Repository.open(root, SETTINGS) as repository:
        damage(file)
        repository.retrieve(request, len, 500)
        assert repository.needs_refresh
        # As when another process scans: it may never meet the pages that are damaged.
        repository.mend()
        assert not repository.needs_refresh
        with Repository.open(root, SETTINGS) as other:
            other.refresh()
        assert [one.path for one in repository.retrieve(request, len, 500)] == ["m29.py"]


def test_an_index_that_another_process_has_rebuilt(
    write: Callable[..., Path], repository: Repository
) -> None:
    root = write({"a.py": "def f(): pass\n"})
    repository.refresh()
    write({"a.py": "def g(): pass\n"})
    with Repository.open(root, SETTINGS) as other:
        other._store.rebuild("is damaged (a test)")
        other.refresh()
    assert (repository.defines("f"), repository.defines("g")) == (False, True)


def test_a_state_folder_that_cannot_be_made(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(RepositoryIndexError, match="ASSISTANT_HOME"):
        Repository.open(root, SETTINGS)


def test_closed_twice_and_used_after(repository: Repository) -> None:
    repository.close()
    repository.close()
    assert not repository.defines("f")
    with pytest.raises(RepositoryIndexError, match="closed"):
        repository.refresh()
