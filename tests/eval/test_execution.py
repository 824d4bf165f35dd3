"""A verdict that the program under test cannot give itself."""

from __future__ import annotations

import pytest

from assistant.errors import UsageError
from assistant.sandbox import Job, Limits, Outcome, Status, Usage, unavailable
from eval.execution import LIMITS, Program, execute
from eval.types import Grade

pytestmark = pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")

RIGHT = "def double(x):\n    return x + x\n"
CHECKS = "assert double(2) == 4\nassert double('a') == 'aa'\n"
HELD = "it ended before the checks"


def graded(solution: str, checks: str = CHECKS, setup: str = "") -> Grade:
    return execute(Program(solution, checks, "double", setup))


def test_a_right_solution_passes() -> None:
    assert graded(RIGHT) == Grade({"pass": 1.0})


@pytest.mark.parametrize(
    ("solution", "detail"),
    [
        ("def double(x):\n    return 4\n", "AssertionError"),
        ("import sys\nsys.exit(0)\n" + RIGHT, "SystemExit: 0"),
        ("def double(x):\n    raise SystemExit(0)\n", "SystemExit: 0"),
        ("import os\nos._exit(0)\n" + RIGHT, HELD),
        ("def double(x):\n    import os\n    print('ok')\n    os._exit(0)\n", HELD),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "killed: "),
        ("def double(x):\n    return x.double\n", "AttributeError: 'int' object has no"),
        ("def double(x):\n    return double(x)\n", "RecursionError: "),
        ("def double(x)\n    return x + x\n", "SyntaxError: expected ':' (solution.py, line 1)"),
        ("class Odd(Exception):\n    def __str__(self): 1/0\nraise Odd\n", "Odd"),
        ("double = None\n", "TypeError: 'NoneType' object is not callable"),
        ("def doubled(x):\n    return x + x\n", "NameError: it does not define 'double'"),
        ("I would add the number to itself.", "SyntaxError: "),
        ("x = '\0'", "SyntaxError: "),
        ("", "NameError: it does not define 'double'"),
    ],
)
def test_another_does_not(solution: str, detail: str) -> None:
    grade = graded(solution)
    assert grade.scores == {"pass": 0.0}
    assert grade.detail.startswith(detail)
    assert "\n" not in grade.detail


def test_what_a_solution_prints_or_reads_makes_no_difference() -> None:
    noisy = (
        "import sys\nprint('x' * 10**7)\nassert sys.stdin.read() == ''\nassert not open(0).read()\n"
    )
    assert graded(noisy + RIGHT).scores == {"pass": 1.0}


def test_a_solution_cannot_reach_the_checks() -> None:
    tampered = "def check(f):\n    pass\nassert_ = None\n" + RIGHT.replace("x + x", "0")
    checks = "def check(f):\n    assert f(2) == 4\ncheck(__solution__.double)\n"
    assert graded(tampered, checks).detail == "AssertionError"


def test_setup_is_for_the_checks_alone() -> None:
    checks = "assert double(twice(1)) == 4\n"
    assert graded(RIGHT, checks, setup="def twice(x):\n    return 2 * x\n").scores == {"pass": 1.0}
    borrowed = "def double(x):\n    return twice(x)\n"
    assert graded(borrowed, checks, setup="def twice(x):\n    return 2 * x\n").detail == (
        "NameError: name 'twice' is not defined"
    )


def test_checks_that_share_nothing() -> None:
    program = Program(RIGHT + "len = None\n", "assert len('a') == 1", "double", shares=False)
    assert execute(program).scores == {"pass": 1.0}


def test_a_dataclass_finds_its_module() -> None:
    solution = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Pair:\n    a: int\n" + RIGHT
    )
    assert graded(solution).scores == {"pass": 1.0}


def test_a_solution_that_is_run_is_not_the_main_program() -> None:
    assert graded(RIGHT + "if __name__ == '__main__':\n    raise ValueError\n").scores["pass"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("solution", ["while True: pass", "import time\ntime.sleep(60)"])
def test_an_endless_one_runs_out_of_time(solution: str) -> None:
    limits = Limits(wall_seconds=2.0, cpu_seconds=1.0)
    assert execute(Program(solution, ""), limits) == Grade({"pass": 0.0}, "timeout")


def test_a_greedy_one_is_killed() -> None:
    limits = Limits(memory_bytes=256 << 20)
    grade = execute(Program("x = bytearray(1 << 30)\n", ""), limits)
    assert grade.scores == {"pass": 0.0}


def test_the_word_is_drawn_anew_and_needed() -> None:
    words: list[str] = []

    def guess(job: Job) -> Outcome:
        words.append(job.stdin)
        return Outcome(Status.PASSED, 0, "0" * 32 + " ok\n")

    for _ in range(2):
        assert execute(Program("", ""), LIMITS, guess) == Grade({"pass": 0.0}, HELD)
    assert words[0] != words[1]


def test_what_was_not_run_is_no_wrong_program() -> None:
    refused = Outcome(Status.REFUSED, reason="install bubblewrap")
    with pytest.raises(UsageError, match="install bubblewrap"):
        execute(Program("", ""), LIMITS, lambda job: refused)


def test_a_machine_too_busy_to_run_a_program_is_waited_for() -> None:
    """Out of wall time without having used its CPU time: once more, with four times of it."""
    given: list[float] = []

    def starved(job: Job) -> Outcome:
        given.append(job.limits.wall_seconds)
        return Outcome(Status.TIMEOUT, usage=Usage(cpu_seconds=0.3))

    execute(Program(RIGHT, CHECKS, "double"), runner=starved)
    assert given == [LIMITS.wall_seconds, 4 * LIMITS.wall_seconds]


def test_a_program_that_used_its_time_is_not_run_again() -> None:
    runs = []

    def busy(job: Job) -> Outcome:
        runs.append(job)
        return Outcome(Status.TIMEOUT, usage=Usage(cpu_seconds=job.limits.cpu_seconds))

    assert execute(Program(RIGHT, CHECKS, "double"), runner=busy).detail == "timeout"
    assert len(runs) == 1
