"""What ``@diff``, ``@diagnostics`` and ``@tests`` stand for."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from assistant.chat.texts import FEW, Texts
from assistant.errors import UsageError
from assistant.types import Document

STOCK = "def total(counts):\n    return sum(counts)\n"
TEST = """\
from stock import total


def test_total():
    assert total([1, 2]) == 3


def test_wrong():
    assert total([1]) == 2
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "shop"
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    (folder / "stock.py").write_text(STOCK)
    (folder / "other.py").write_text("import os\n")
    (folder / "tests" / "test_stock.py").write_text(TEST)
    (folder / "tests" / "test_other.py").write_text("def test_other():\n    assert True\n")
    return folder


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def committed(root: Path) -> Path:
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def buffer(root: Path, path: str, text: str) -> Document:
    return Document(root / path, text, "python")


def test_what_the_editor_says_wins(root: Path) -> None:
    assert Texts(root, given={"diff": "\n+1\n"})("diff") == "+1"


def test_the_diff_is_of_the_disk_and_of_unsaved_buffers(committed: Path) -> None:
    (committed / "other.py").write_text("import sys\n")
    documents = (buffer(committed, "stock.py", STOCK.replace("sum", "max")),)
    diff = Texts(committed, documents)("diff")
    assert "-import os\n+import sys" in diff
    assert "--- a/stock.py\n+++ b/stock.py" in diff
    assert "-    return sum(counts)\n+    return max(counts)" in diff
    only = Texts(committed, documents)("diff", ["stock.py"])
    assert "max(counts)" in only
    assert "import sys" not in only
    # A buffer that was set back to the last commit is not shown as the disk has it.
    (committed / "stock.py").write_text("broken\n")
    assert "broken" not in Texts(committed, (buffer(committed, "stock.py", STOCK),))("diff")


def test_a_diff_within_a_larger_repository_names_files_as_the_workspace_does(
    committed: Path,
) -> None:
    (committed / "tests" / "test_other.py").write_text("x = 1\n")
    diff = Texts(committed / "tests")("diff")
    assert "+++ b/test_other.py" in diff


def test_a_diff_starts_no_program_of_the_repository(committed: Path) -> None:
    ran = committed / "ran"
    program = committed / "program.sh"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o700)
    for key in ("diff.external", "core.fsmonitor", "diff.evil.textconv", "diff.evil.command"):
        git(committed, "config", key, str(program))
    (committed / ".gitattributes").write_text("*.py diff=evil\n")
    (committed / "stock.py").write_text("x = 1\n")
    assert "+x = 1" in Texts(committed)("diff")
    assert not ran.exists()


@pytest.mark.parametrize("key", ["evil.clean", "evil.process", "E.v.clean"])
def test_a_diff_starts_no_filter_of_the_repository(committed: Path, key: str) -> None:
    ran, name = committed / "ran", key.rpartition(".")[0]
    git(committed, "config", f"filter.{key}", f"touch '{ran}'; cat")
    git(committed, "config", f"filter.{name}.required", "true")
    (committed / ".gitattributes").write_text(f"*.py filter={name}\n")
    (committed / "stock.py").write_text("x = 1\n")
    assert "+x = 1" in Texts(committed)("diff")
    assert "stock.py" in Texts(committed)("diagnostics")
    assert not ran.exists()


def test_a_filter_that_cannot_be_emptied_is_not_run(committed: Path) -> None:
    ran = committed / "ran"
    git(committed, "config", "filter.a=b.clean", f"touch '{ran}'; cat")
    (committed / ".gitattributes").write_text("*.py filter=a=b\n")
    (committed / "stock.py").write_text("x = 1\n")
    with pytest.raises(UsageError, match=r"rename 'filter\.a=b'"):
        Texts(committed)("diff")
    assert not ran.exists()


def test_no_diff_is_said(committed: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing differs"):
        Texts(committed)("diff")
    (tmp_path / "bare").mkdir()
    with pytest.raises(UsageError, match="no git repository"):
        Texts(tmp_path / "bare")("diff")


def test_diagnostics_of_open_files_then_of_changed_ones_then_of_few(committed: Path) -> None:
    assert Texts(committed)("diagnostics") == "other.py:1: 'os' imported but unused"
    (committed / "new.py").write_text("x = undefined_name\n")
    (committed / "stock.py").write_text("def f(:\n")
    found = Texts(committed)("diagnostics").split("\n")
    assert found == ["stock.py:1: invalid syntax", "new.py:1: undefined name 'undefined_name'"]
    documents = (buffer(committed, "stock.py", "\nimport re\n"),)
    said = Texts(committed, documents)("diagnostics")
    assert said == "stock.py:2: 're' imported but unused"
    assert "nothing in other" not in Texts(committed, documents)("diagnostics", ["other.py"])
    assert "other.py:1" in Texts(committed, documents)("diagnostics", ["other.py"])


def test_many_files_are_not_looked_at_unasked(root: Path) -> None:
    for number in range(FEW):
        (root / f"a{number}.py").write_text("import os\n")
    with pytest.raises(UsageError, match="say which"):
        Texts(root)("diagnostics")
    assert Texts(root)("diagnostics", ["stock.py"]) == "pyflakes finds nothing in stock.py"


def test_tests_of_the_open_file_are_run_with_unsaved_text(root: Path) -> None:
    said = Texts(root, here="stock.py")("tests")
    assert "FAILED tests/test_stock.py::test_wrong: test_stock.py:9: assert 1 == 2" in said
    assert said.endswith("1 passed, 1 failed in tests/test_stock.py")
    better = buffer(root, "stock.py", "def total(counts):\n    return max(counts[-1], 2) + 1\n")
    said = Texts(root, (better,), here="stock.py")("tests")
    assert "test_total" not in said
    assert "assert 3 == 2" in said


def test_all_tests_where_nothing_is_open(root: Path) -> None:
    said = Texts(root)("tests")
    assert said.endswith("2 passed, 1 failed in tests/test_other.py, tests/test_stock.py")


def test_only_what_is_wrong_is_given_when_that_is_asked_for(root: Path) -> None:
    texts = Texts(root)
    assert texts("diagnostics", ["stock.py"], wrong=True) == ""
    assert "other.py:1" in texts("diagnostics", ["other.py"], wrong=True)
    passing = Texts(root, here="tests/test_other.py")
    assert passing("tests") == "1 passed, 0 failed in tests/test_other.py"
    assert passing("tests", wrong=True) == ""


def test_no_test_is_said(root: Path) -> None:
    with pytest.raises(UsageError, match=r"no test of pytest's concerns lonely\.py"):
        Texts(root, here="lonely.py")("tests")


def test_tests_cannot_reach_the_project(root: Path) -> None:
    victim = root / "stock.py"
    evil = f"import pathlib\n\ndef test_it():\n    pathlib.Path({str(victim)!r}).unlink()\n"
    (root / "tests" / "test_stock.py").write_text(f"# stock\n{evil}")
    assert "FAILED" in Texts(root, here="stock.py")("tests")
    assert victim.read_text() == STOCK
