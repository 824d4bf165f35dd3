"""What names the code that a result was made with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from eval import provenance


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, timeout=30)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for package in ("assistant", "eval", "lsp", "docs"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "a.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "eval" / "provenance.py").write_text("", encoding="utf-8")
    (tmp_path / ".gitignore").write_text("*.pyc\n", encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "eval" / "provenance.py"))
    return tmp_path


def test_changes_and_new_files_are_another_code(checkout: Path) -> None:
    clean = provenance.commit()
    assert len(clean) == 40
    (checkout / "eval" / "b.pyc").write_bytes(b"ignored")
    (checkout / "docs" / "b.md").write_text("not code", encoding="utf-8")
    assert provenance.commit() == clean
    new = checkout / "eval" / "task é.py"
    new.write_text("y = 1\n", encoding="utf-8")
    first = provenance.commit()
    assert first.startswith(f"{clean}+")
    new.write_text("y = 2\n", encoding="utf-8")
    second = provenance.commit()
    assert second not in (first, clean)
    (checkout / "assistant" / "a.py").write_text("x = 2\n", encoding="utf-8")
    assert provenance.commit() not in (first, second, clean)
