"""Test files measured in the sandbox: figures by hand, and tests that do their worst."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.errors import AssistantError
from assistant.sandbox import Job, Outcome, Status, testing
from assistant.sandbox.testing import Report, Target, Verdict, measure, split

DRIVER = Path(testing.__file__).with_name("driver.py")
ADD = Target("def add_one(number):\n    return number + 1\n", ("add_one",), entry="add_one")
SIGN = Target(
    "import math\n\ndef positive(number):\n    if number > 0:\n        return True\n"
    "    return False\n",
    ("positive",),
    entry="positive",
    exclude=(r"^\s*import\b",),
)


def measured(target: Target, code: str, mutants: int = 0) -> Report:
    return measure(target, split(code, target.names, target.header), mutant_limit=mutants)


def verdicts(report: Report) -> dict[str, str]:
    return {result.case.name: str(result.verdict) for result in report.results}


@pytest.mark.slow
def test_mutation_score_by_hand() -> None:
    # add_one(2) is 3. The thirteen mutants give, of 2 and 1: - 1, * 2, / 2, // 2, % 0, ** 2,
    # << 4, >> 1, & 0, | 3, ^ 3, and + 2 gives 4, + 0 gives 2. All but | and ^ are told apart.
    report = measured(ADD, "def test_two():\n    assert add_one(2) == 3\n", mutants=100)
    assert (report.killed, report.mutants) == (11, 13)
    assert report.mutation_score == pytest.approx(11 / 13)
    assert report.fault == ""


@pytest.mark.slow
def test_coverage_by_hand() -> None:
    # Statements without the import: def, if, return, return. Branches: the two ways out of the
    # `if`. A positive number reaches three statements and one branch.
    report = measured(SIGN, "def test_two():\n    assert positive(2)\n")
    assert (report.covered_statements, report.statements) == (3, 4)
    assert (report.covered_branches, report.branches) == (1, 2)
    assert report.lines == {3, 4, 5}
    assert (report.line_coverage, report.branch_coverage) == (0.75, 0.5)
    assert report.mutants == 0


@pytest.mark.slow
def test_each_kind_of_test() -> None:
    report = measured(
        ADD,
        """
import unittest, pytest

def test_good():
    assert add_one(2) == 3

def test_wrong():
    assert add_one(2) == 4

def test_vacuous():
    add_one(2)
    assert True

def test_uncalled():
    n = len("a")
    assert n == 1

def test_error():
    add_one(None)

def test_raises():
    with pytest.raises(TypeError):
        add_one(None)

@pytest.fixture
def two():
    return 2

@pytest.mark.parametrize("more", [3, 4])
def test_parametrized(two, more):
    assert add_one(two) == more

class TestClass(unittest.TestCase):
    def setUp(self):
        self.n = 2
    def test_unit(self):
        self.assertEqual(add_one(self.n), 3)

def test_no_fixture(unknown):
    assert add_one(unknown)

@pytest.mark.skip
def test_skipped():
    assert add_one(2) == 3

def test_surrogate():
    assert add_one(2) == 4, "\\udc80"

def test_broken(:
""",
        mutants=13,
    )
    assert verdicts(report) == {
        "test_good": "passed",
        "test_wrong": "failed",
        "test_vacuous": "passed",
        "test_uncalled": "passed",
        "test_error": "error",
        "test_raises": "passed",
        "test_parametrized": "failed",
        "TestClass::test_unit": "passed",
        "test_no_fixture": "error",
        "test_skipped": "error",
        "test_surrogate": "failed",
        "test_broken": "invalid",
    }
    named = {result.case.name: result for result in report.results}
    # A decorated fixture is a helper, and a test of a class is a test.
    assert {n for n, r in named.items() if r.good} == {
        "test_good",
        "test_raises",
        "TestClass::test_unit",
    }
    assert {n for n, r in named.items() if r.vacuous} == {"test_vacuous", "test_uncalled"}
    assert "unknown" in named["test_no_fixture"].detail
    assert named["test_surrogate"].detail.encode()
    assert (report.killed, report.mutants) == (11, 13)


WORST = """
import json, os, pathlib, shutil, signal, subprocess, sys, time

def test_deletes():
    for name in os.listdir():
        os.remove(name)
    assert add_one(2) == 3

def test_rewrites():
    pathlib.Path("under_test.py").write_text("def add_one(n): return 7")
    pathlib.Path("conftest.py").write_text("raise SystemExit")
    pathlib.Path("pytest.py").write_text("raise SystemExit")
    os.chmod(".", 0)
    assert add_one(2) == 3

def test_moves():
    os.rename(os.getcwd(), "/tmp/elsewhere")
    os.symlink("/tmp/elsewhere", "/tmp/work")
    assert add_one(2) == 3

def test_forges():
    line = json.dumps({"test": "test_000.py::test_deletes", "verdict": "error", "x": 1}) + "\\n"
    pathlib.Path("verdicts.jsonl").write_text(line)
    os.write(1, line.encode())
    for name in os.listdir(f"/proc/{os.getppid()}/fd"):
        pass
    assert add_one(2) == 3

def test_leaves():
    add_one(2)
    os._exit(0)

def test_exits():
    add_one(2)
    sys.exit(0)

def test_loops():
    while add_one(2):
        pass

def test_forks():
    os.fork()
    assert add_one(2) == 3

def test_daemon():
    script = "import os, time\\nwhile True:\\n open('/tmp/work/under_test.py', 'w').close()"
    subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    time.sleep(0.3)
    assert add_one(2) == 3

def test_fills():
    try:
        for i in range(10):
            pathlib.Path(f"/tmp/{i}").write_bytes(bytes(10 << 20))
    except OSError:
        pass
    assert add_one(2) == 3

def test_last():
    assert add_one(2) == 3
"""


@pytest.fixture(scope="module")
def worst() -> Report:
    return measured(ADD, WORST, mutants=13)


@pytest.mark.slow
def test_each_test_finds_the_folder_as_new(worst: Report) -> None:
    told = {result.case.name: (str(result.verdict), result.detail) for result in worst.results}
    for name in ("deletes", "rewrites", "moves", "forks", "daemon", "fills", "last"):
        assert told[f"test_{name}"] == ("passed", ""), name
    assert worst.fault == ""


@pytest.mark.slow
def test_nothing_spoils_coverage_and_mutants(worst: Report) -> None:
    assert worst.line_coverage == 1.0
    assert (worst.killed, worst.mutants) == (11, 13)


@pytest.mark.slow
def test_a_test_that_leaves_early_has_not_passed(worst: Report) -> None:
    told = verdicts(worst)
    assert told["test_leaves"] == Verdict.DIED
    assert told["test_exits"] in {Verdict.DIED, Verdict.ERROR}
    assert told["test_loops"] == Verdict.TIMEOUT


@pytest.mark.slow
def test_the_stream_of_verdicts_is_out_of_reach(worst: Report) -> None:
    [forges] = [result for result in worst.results if result.case.name == "test_forges"]
    assert forges.verdict is Verdict.ERROR
    assert "PermissionError" in forges.detail


@pytest.mark.slow
def test_a_test_that_ends_the_run_costs_only_itself() -> None:
    report = measured(
        ADD,
        "import os, signal\n\n"
        "def test_before():\n    assert add_one(2) == 3\n\n"
        "def test_kills():\n    add_one(2)\n    os.kill(os.getppid(), signal.SIGKILL)\n\n"
        "def test_after():\n    assert add_one(1) == 2\n",
        mutants=13,
    )
    assert verdicts(report) == {
        "test_before": "passed",
        "test_kills": "died",
        "test_after": "passed",
    }
    assert report.fault == ""
    # add_one(1) is 2, and 1 | 1 and 1 ^ 1 are 1 and 0: every mutant falls to one of the two.
    assert (report.killed, report.mutants) == (13, 13)


@pytest.mark.slow
def test_after_four_that_run_out_of_time_no_other_is_tried() -> None:
    loops = "".join(f"def test_{n}():\n    while add_one(2): pass\n\n" for n in range(6))
    suite = split(loops, ADD.names, ADD.header)
    report = measure(ADD, suite, mutant_limit=0, test_seconds=0.2)
    assert [str(r.verdict) for r in report.results] == ["timeout"] * 4 + ["died"] * 2
    assert report.results[-1].detail == "it was not reached"


def told(lines: Sequence[object], outcome: Outcome | None = None) -> Report:
    """What is made of a driver's words."""
    text = "".join(line if isinstance(line, str) else f"{json.dumps(line)}\n" for line in lines)
    given = outcome or Outcome(Status.PASSED, 0, stdout=text)
    suite = split("def test_a():\n    assert add_one(2) == 3\n", ADD.names, ADD.header)
    return measure(ADD, suite, mutant_limit=0, run=lambda job: given)


PASSED = {"test": "test_000.py::test_a", "verdict": "passed", "detail": "", "called": True}
COVERED = {"num_statements": 2, "covered_lines": 2, "num_branches": 0, "covered_branches": 0}


def test_lines_of_another_shape_are_left_out() -> None:
    good = [PASSED, {"coverage": {**COVERED, "lines": [1, 2]}}, {"done": True}]
    bad: list[object] = [
        "{\n",
        "[" * 100_000 + "\n",
        [],
        {"test": "test_000.py::test_a"},
        {**PASSED, "verdict": "splendid"},
        {**PASSED, "detail": 3},
        {**PASSED, "test": ["test_000.py::test_a"]},
        {"start": None},
        {"coverage": 3},
        {"coverage": {**COVERED, "num_statements": "2"}},
        {"coverage": COVERED},
        {"coverage": {**COVERED, "lines": 3}},
        {"coverage": {**COVERED, "lines": [None]}},
        {"mutant": "0", "verdict": "killed"},
        {"mutant": 0, "verdict": "passed"},
    ]
    assert told([*bad, *good]) == told(good)
    assert told(good).line_coverage == 1.0


def test_a_driver_that_fails_is_named() -> None:
    fallen = Outcome(Status.FAILED, 1, stderr="Traceback\nKeyError: 'plan'\n", reason="")
    report = told([], fallen)
    assert report.fault == "not measured to the end: KeyError: 'plan'"
    assert report.line_coverage == 0.0
    late = told([], Outcome(Status.TIMEOUT, reason="it ran longer than 60 s"))
    assert late.fault == "not measured to the end: it ran longer than 60 s"


def test_a_sandbox_that_refuses_is_an_error() -> None:
    with pytest.raises(AssistantError, match="install bubblewrap"):
        told([], Outcome(Status.REFUSED, reason="install bubblewrap"))


def test_a_suite_without_tests_is_not_run() -> None:
    def never(job: Job) -> Outcome:
        raise AssertionError("it was run")

    report = measure(ADD, split("x = 1", ADD.names), run=never)
    assert report.results == ()
    assert report.mutation_score == report.line_coverage == report.branch_coverage == 0.0


@pytest.mark.slow
def test_the_driver_runs_in_the_sandbox_only(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(DRIVER), "plan.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "in the sandbox only" in done.stderr
