"""``assistant index`` and ``assistant context``, as the contract of the command line has them."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.app import run


@pytest.fixture
def workspace(home: Path, tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "pkg").mkdir(parents=True)
    (root / "pyproject.toml").write_text("")
    (root / "pkg" / "shop.py").write_text('def sell(what: str) -> int:\n    """Sell."""\n')
    (root / "pkg" / "main.py").write_text("from pkg.shop import sell\n\nprint(sell())\n")
    (root / "logo.py").write_bytes(b"\0")
    return root


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    found: dict[str, Any] = json.loads(out)
    return found


def test_index(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", str(workspace), "--json"]) == 0
    found = answer(capsys)
    assert set(found) == {"files", "symbols", "lines", "languages", "skipped", "seconds", "bytes"}
    assert (found["files"], found["symbols"], found["lines"]) == (2, 1, 5)
    assert found["languages"] == {"python": 2}
    assert {"path": "logo.py", "why": "binary"} in found["skipped"]


def test_index_for_people(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", str(workspace)]) == 0
    out = capsys.readouterr().out
    assert "python: 2" in out
    assert "logo.py: binary" in out


@pytest.mark.parametrize(
    ("path", "end"),
    [("nowhere", "there is no such folder\n"), ("pkg/main.py", "is a file: name a folder\n")],
)
def test_index_of_no_folder(
    workspace: Path, capsys: pytest.CaptureFixture[str], path: str, end: str
) -> None:
    assert run(["index", str(workspace / path), "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith(end)


def test_context(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(workspace / "pkg" / "main.py")
    assert run(["context", file, "--line", "2", "--character", "11", "--json"]) == 0
    found = answer(capsys)
    assert found["root"] == str(workspace.resolve())
    (row,) = found["context"]
    assert (row["path"], row["start_line"], row["end_line"]) == ("pkg/shop.py", 0, 2)
    assert row["why"] == "defines sell, imported here"
    assert row["text"].startswith("def sell(what: str) -> int:")
    assert 0 < found["tokens"] <= found["budget_tokens"]


def test_context_of_an_unsaved_buffer(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stdin:
        buffer = io.BytesIO(b"x = 1\n")

    monkeypatch.setattr(sys, "stdin", Stdin)
    file = str(workspace / "pkg" / "main.py")
    place = ["--line", "1", "--character", "0", "--unsaved", "-", "--json"]
    assert run(["context", file, *place]) == 0
    assert answer(capsys)["context"] == []


def test_context_with_another_root(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(workspace / "pkg" / "main.py")
    place = ["--line", "2", "--character", "0", "--root", str(workspace / "pkg"), "--json"]
    assert run(["context", file, *place]) == 0
    found = answer(capsys)
    assert found["root"] == str((workspace / "pkg").resolve())


def test_context_for_people(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(workspace / "pkg" / "main.py")
    assert run(["context", file, "--line", "2", "--character", "0"]) == 0
    assert "defines sell, imported here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.py", None, "no such file"),
        ("binary.py", b"\0\0", "not a text file"),
    ],
)
def test_context_of_what_cannot_be_read(
    workspace: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes | None,
    says: str,
) -> None:
    if content is not None:
        (workspace / name).write_bytes(content)
    assert run(["context", str(workspace / name), "--line", "0", "--character", "0"]) == 2
    captured = capsys.readouterr()
    assert says in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("place", [(10**6, 0), (0, 10**6)])
def test_a_cursor_past_the_end(
    workspace: Path, capsys: pytest.CaptureFixture[str], place: tuple[int, int]
) -> None:
    file = str(workspace / "pkg" / "main.py")
    line, character = map(str, place)
    assert run(["context", file, "--line", line, "--character", character, "--json"]) == 0
    answer(capsys)
