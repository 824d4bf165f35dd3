from __future__ import annotations

import json
from pathlib import Path

import pytest
from mined_repository import make

from eval.cli.app import run
from eval.mining.records import load


def test_a_set_is_written(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "set.jsonl"
    root = make(tmp_path / "proj")
    assert run(["mine", str(root), "-o", str(file), "--limit", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["targets"] == 2
    assert told["path"] == str(file)
    found = load(file)
    assert len(found.targets) == 2
    assert found.origins[0].root == str(root)


def test_one_language(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    root = make(tmp_path / "proj")
    assert run(["mine", str(root), "-o", str(file), "--language", "typescript"]) == 0
    assert {target.language for target in load(file).targets} == {"typescript"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a repository's folder"),
        (["{tmp}/absent"], "no such folder"),
        (["{tmp}/file.py"], "is a file"),
        (["{tmp}", "--language", "klingon"], "klingon"),
        (["{tmp}"], "uses names of its other files"),
        (["{tmp}/proj", "-o", "{tmp}/absent/set.jsonl"], "No such file"),
        (["{tmp}", "--per-kind", "0"], "per-kind"),
        (["{tmp}", "--limit", "0"], "limit"),
    ],
)
def test_misuse_is_told_in_one_line(
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    (tmp_path / "file.py").write_text("alone = 1\n")
    if "{tmp}/proj" in arguments:
        make(tmp_path / "proj")
    assert run(["mine", *(a.format(tmp=tmp_path) for a in arguments)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
