from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile and a finished .venv that has nothing in it but the names."""
    folder = tmp_path / "checkout"
    (folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    shutil.copytree(ROOT / ".ci", folder / ".ci")
    for name in ("pyproject.toml", "requirements.lock"):
        (folder / name).touch()
    python = folder / ".venv" / "bin" / "python"
    python.touch(mode=0o755)
    (folder / ".venv" / "bin" / "assistant").write_text(f"#!{python}\n")
    (folder / ".venv" / "ready").touch()
    return folder


def planned(folder: Path) -> str:
    """What ``make setup`` would run in that folder."""
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", "setup"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_finished_environment_is_left_alone(checkout: Path) -> None:
    assert ".ci/setup" not in planned(checkout)


def test_a_moved_environment_is_built_anew(checkout: Path) -> None:
    moved = checkout.rename(checkout.with_name("elsewhere"))
    assert ".ci/setup" in planned(moved)


def test_an_environment_whose_python_has_gone_is_built_anew(checkout: Path) -> None:
    (checkout / ".venv" / "bin" / "python").unlink()
    assert ".ci/setup" in planned(checkout)
