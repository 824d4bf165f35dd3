"""The command line as a user meets it: exit status, one-line errors, JSON on stdout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fake_control import FakeControl

from assistant.cli.app import run


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["nope"], "nope"),
        (["complete"], "--help"),
        (["complete", "missing.py", "--line", "0", "--character", "0"], "no such file"),
        (["complete", ".", "--line", "0", "--character", "0"], "is a folder"),
        (["complete", "x", "--line", "-1", "--character", "0"], "--line"),
        (["complete", "x", "--bogus"], "--bogus"),
        (["--set", "engine.port", "lsp"], "KEY=VALUE"),
        (["--config", "missing.toml", "doctor"], "missing.toml"),
        (["--config", __file__, "lsp"], "--config does not go with lsp"),
        (["context", "missing.py", "--line", "0", "--character", "0"], "no such file"),
    ],
)
def test_misuse_is_one_line_and_status_2(
    home: Path, arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert part in captured.err


def test_a_broken_config_file_is_said_in_full(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("[engine]\nport = 'x'\n[what]\n")
    source = tmp_path / "a.py"
    source.write_text("x = 1\n")
    place = [str(source), "--line", "0", "--character", "0"]
    assert run(["--config", str(file), "context", *place]) == 2
    error = capsys.readouterr().err
    assert "engine.port" in error
    assert "what: no such setting" in error
    assert error.count("\n") == 1


def test_help_lists_every_command(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in ("complete", "context", "index", "models", "serve", "lsp", "doctor", "demo"):
        assert f"  {name}" in shown


def test_options_before_lsp_reach_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda program, arguments: became.append(arguments))
    before = ["--set", "engine.url=http://[::1]:1/v1", "--set", "engine.model=-x"]
    assert run([*before, "lsp", "--stdio", "--log-file", "x.log", "--set", "log_level=debug"]) == 0
    assert run([*before[:2], "lsp", "--help"]) == 0
    first, second = (arguments[arguments.index("-m") + 1 :] for arguments in became)
    assert first == [
        *("lsp", "--set=engine.url=http://[::1]:1/v1", "--set=engine.model=-x"),
        *("--stdio", "--log-file", "x.log", "--set", "log_level=debug"),
    ]
    assert second == ["lsp", "--set=engine.url=http://[::1]:1/v1", "--help"]


def test_the_package_is_light() -> None:
    heavy = {"torch", "transformers", "vllm", "pygls", "httpx", "tree_sitter", "rich"}
    code = "import sys, assistant.cli.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())


def completed(fake_engine: FakeControl, *arguments: str, stdin: bytes = b"") -> dict[str, object]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "assistant",
            "--set",
            "engine.fim=qwen2.5-coder",
            "complete",
            *arguments,
            "--json",
        ],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@pytest.mark.slow
def test_complete_prints_the_contract(fake_engine: FakeControl, tmp_path: Path) -> None:
    fake_engine.configure(default="add(1, 2)\n")
    (tmp_path / "lib.py").write_text("def add(a, b):\n    return a + b\n")
    source = tmp_path / "main.py"
    source.write_text("from lib import add\n\n\ndef main():\n    # 😀\n    print()\n    return \n")
    answer = completed(fake_engine, str(source), "--line", "6", "--character", "11")
    assert answer["text"] == "add(1, 2)"
    assert answer["range"] == {
        "start": {"line": 6, "character": 11},
        "end": {"line": 6, "character": 11},
    }
    context = answer["context"]
    assert isinstance(context, list)
    assert set(context[0]) == {"path", "start_line", "end_line", "score", "why"}
    assert "lib.py" in [snippet["path"] for snippet in context]
    for key in ("engine", "model", "prompt_tokens", "cached_tokens", "timings_ms"):
        assert key in answer


@pytest.mark.slow
def test_the_buffer_from_stdin_wins_over_the_disk(fake_engine: FakeControl, tmp_path: Path) -> None:
    fake_engine.configure(default="2\n")
    source = tmp_path / "main.py"
    source.write_text("disk\n")
    place = [str(source), "--line", "0", "--character", "4", "--unsaved", "-"]
    assert completed(fake_engine, *place, stdin=b"x = \r\n")["text"] == "2"
    (body,) = fake_engine.requests()
    assert "x =" in body["prompt"]
    assert "disk" not in body["prompt"]


@pytest.mark.slow
@pytest.mark.parametrize("data", [b"", b"\xff\xfe caf\xe9 = ", b"a\r\nb\rc", b"\t \tx = \n"])
def test_odd_text_is_answered(fake_engine: FakeControl, tmp_path: Path, data: bytes) -> None:
    fake_engine.configure(default="1\n")
    source = tmp_path / "odd.py"
    source.write_bytes(data)
    answer = completed(fake_engine, str(source), "--line", "99", "--character", "99")
    assert isinstance(answer["text"], str)


def test_a_binary_file_is_refused(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "data.py"
    source.write_bytes(b"\0\1\2")
    assert run(["complete", str(source), "--line", "0", "--character", "0"]) == 2
    assert "not a text file" in capsys.readouterr().err


def test_a_file_of_50_mb_is_refused(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "data.py"
    with source.open("wb") as file:
        file.truncate(50_000_000)
    assert run(["complete", str(source), "--line", "0", "--character", "0"]) == 2
    assert "larger than 10 MB" in capsys.readouterr().err
