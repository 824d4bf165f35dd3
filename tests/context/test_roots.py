from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.context import Repository, find_root
from assistant.context.roots import too_wide
from assistant.settings import ContextSettings


def test_the_nearest_repository_wins_over_a_project_inside(write: Callable[..., Path]) -> None:
    root = write({".git/HEAD": "", "pkg/pyproject.toml": "", "pkg/src/a.py": ""})
    assert find_root(root / "pkg" / "src" / "a.py") == root


@pytest.mark.parametrize("marker", ["pyproject.toml", "package.json", "go.mod", "Cargo.toml"])
def test_a_project_without_a_repository(write: Callable[..., Path], marker: str) -> None:
    root = write({f"p/{marker}": "", "p/q/a.py": ""})
    assert find_root(root / "p" / "q" / "a.py") == root / "p"


def test_without_either_the_own_folder(write: Callable[..., Path]) -> None:
    root = write({"p/a.py": ""})
    assert find_root(root / "p" / "a.py") == root / "p"
    assert find_root(root / "p" / "new.py") == root / "p"
    assert find_root(root / "p") == root / "p"


def test_a_marked_home_is_no_workspace(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({".git/HEAD": "", "p/a.py": ""})
    monkeypatch.setenv("HOME", str(root))
    assert find_root(root / "p" / "a.py") == root / "p"


@pytest.mark.parametrize("variable", ["HOME", "TMPDIR"])
def test_nothing_of_a_home_or_temporary_folder_is_indexed(
    write: Callable[..., Path],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    variable: str,
) -> None:
    root = write({"package.json": "{}", "x.py": "def f(): pass\n", "p/a.py": "def g(): pass\n"})
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv(variable, str(root))
    with Repository.open(find_root(root / "x.py"), ContextSettings()) as repository:
        report = repository.refresh()
        repository.update(root / "x.py")
        assert not repository.defines("f")
        assert not repository.defines("g")
    assert [row["path"] for row in report.skipped] == ["."]
    assert "nothing of it is indexed" in caplog.text
    # A project in it is one as anywhere.
    with Repository.open(find_root(root / "p" / "a.py"), ContextSettings()) as repository:
        repository.refresh()
        assert repository.defines("g")
    # Its owner may say that it is meant.
    write({".assistantignore": "p/\n"})
    with Repository.open(root, ContextSettings()) as repository:
        repository.refresh()
        assert (repository.defines("f"), repository.defines("g")) == (True, False)


def test_everybodys_folders_are_too_wide() -> None:
    assert too_wide(Path("/"))
    assert too_wide(Path("/tmp").resolve())
