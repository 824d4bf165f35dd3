from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.context import find_root


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
