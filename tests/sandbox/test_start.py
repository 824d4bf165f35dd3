"""A machine that is too busy to start the sandbox says nothing about the program."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest
from scripted_model import Scripted, implement, place

from assistant import sandbox
from assistant.commands import protocol as commands
from assistant.commands.checking.running import TooBusy
from assistant.commands.checking.trials import Trials
from assistant.sandbox import Job, runner, supervise
from assistant.sandbox.environments import own

SLOW = "#!/bin/sh\nexec sleep 600\n"
STUB = 'def double(n):\n    """\n    >>> double(2)\n    4\n    """\n    ...\n'


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A bubblewrap that does not come to start anything."""
    program = tmp_path / "bwrap"
    program.write_text(SLOW)
    program.chmod(0o755)
    monkeypatch.setenv("ASSISTANT_BWRAP", str(program))
    monkeypatch.setattr(supervise, "START_SECONDS", 0.05)
    return program


def test_it_is_an_outcome_of_its_own_and_nothing_is_left(slow: Path) -> None:
    before = {each.pid for each in psutil.Process().children(recursive=True)}
    outcome = sandbox.run(Job("python", {"main.py": "1 / 0"}, "main.py"))
    assert (outcome.status, outcome.was_run) == ("busy", False)
    assert "too busy to start the sandbox within 30 s: end other work" in outcome.reason
    assert {each.pid for each in psutil.Process().children(recursive=True)} <= before
    with pytest.raises(TooBusy, match="it was not tried: this machine is too busy"):
        Trials({}, "a.py", own(), script="main.py").run(sandbox.run, ["1 / 0"])


def test_that_nothing_can_be_run_is_not_concluded_from_it(
    slow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sandbox.unavailable() == runner.TOO_BUSY
    slow.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    monkeypatch.setattr(supervise, "START_SECONDS", 30.0)
    assert "broken" in sandbox.unavailable()


def test_an_answer_is_not_judged_by_it(slow: Path) -> None:
    answer = implement(Scripted("\n    return n * 2\n```\n"), place(STUB, "..."), candidates=1)
    assert answer.edits
    [examples] = [check for check in answer.checks if check.name == "examples"]
    assert examples.passed is None
    assert examples.detail.startswith("it was not tried: this machine is too busy")


def test_of_an_example_that_was_not_run_nothing_is_said(slow: Path, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(STUB.replace("...", "return n * 2"))
    where = place((tmp_path / "a.py").read_text(), "double", tmp_path / "a.py", root=tmp_path)
    model = Scripted("print(double(2))\n")
    job = commands.Job(where, model, sandbox.run)  # type: ignore[arg-type]
    answer = asyncio.run(commands.commands().get("usage").run(job))
    assert [check.passed for check in answer.checks if check.name == "example runs"] == [None]
    assert "too busy to start the sandbox" in answer.markdown
    # Nor is the model asked to mend it.
    assert len(model.asked) == 1
