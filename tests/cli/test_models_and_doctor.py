from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.cli.app import run
from assistant.engines.catalogue import catalogue


def test_the_list_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [e["name"] for e in entries] == list(catalogue())
    assert {"name", "licence", "size", "sha256", "fim", "present"} <= set(entries[0])
    assert entries[0]["present"] is False


def test_the_list_for_people(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list"]) == 0
    assert "Apache-2.0" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["pull", "nope"], ["convert", "x", "--precision", "int3"]])
def test_misuse(home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert run(["models", *arguments]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_doctor_reports_each_check(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["doctor", "--json"])
    checks = {c["name"]: c for c in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["python"]["ok"]
    assert checks["grammars"]["ok"]
    assert {"config", "disk", "memory", "processor", "vllm", "model", "engine"} <= set(checks)
    assert all(c["fix"] for c in checks.values() if not c["ok"])


def test_doctor_names_every_fault_of_a_broken_config(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    (home / "config.toml").write_text("[engine]\nport = -1\nnope = 2\n", encoding="utf-8")
    assert run(["doctor", "--json"]) == 1
    checks = {c["name"]: c for c in json.loads(capsys.readouterr().out)["checks"]}
    assert "engine.port" in checks["config"]["detail"]
    assert "engine.nope" in checks["config"]["detail"]
