"""The measurement of stopping, on records small enough to check by eye."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from eval.bench.stopping import main


def _write(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    with gzip.open(folder / name, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def test_a_right_answer_survives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "task_id": "T/0",
        "prompt": "def f(xs):\n    total = 0\n",
        "canonical_solution": "    for x in xs:\n        total += x\n",
        "suffix": "    return total\n",
    }
    _write(tmp_path, "HumanEval-MultiLineInfilling.jsonl.gz", [row])
    assert main(["--data", str(tmp_path), "--kind", "multi-line"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[2:5] for line in lines] == [
        [fed, "1", "100.0"] for fed in ("suffix", "line", "scope", "answer")
    ]


def test_a_wrong_cut_is_counted_and_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The answer holds the line that follows, so that stopping there cuts it short.
    row = {
        "task_id": "T/1",
        "prompt": "def f(xs):\n",
        "canonical_solution": "    values.append(compute(x))\n    y = 1\n",
        "suffix": "    values.append(compute(x))\n",
    }
    _write(tmp_path, "HumanEval-MultiLineInfilling.jsonl.gz", [row])
    main(["--data", str(tmp_path), "--kind", "multi-line", "--fed", "answer", "--show", "1"])
    out = capsys.readouterr().out
    assert "T/1 answer" in out
    assert out.splitlines()[-1].split()[4] == "0.0"


def test_missing_records_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--kind", "span-light"]) == 0
    assert "is not there" in capsys.readouterr().err


def test_a_folder_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSISTANT_DATA", raising=False)
    with pytest.raises(SystemExit):
        main([])
