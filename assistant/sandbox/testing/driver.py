"""Runs inside the sandbox, as ``python driver.py plan.json``; never imported by the project.

Forks a process for each test and for each mutant, so that none sees what another left
behind, and writes one JSON line a verdict to ``verdicts.jsonl`` as it goes: should a test end
this process, what was found before is not lost. The plan: {module, exclude, entry_lines,
tests: [{node, checks}], mutants: [source], test_seconds, mutant_seconds, memory_bytes}.

It shares the sandbox with the tests; a test set on it could forge its verdict. What it
cannot do is reach the machine.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import os
import pickle
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

import coverage
import pytest

QUIET = ["terminal", "logging", "junitxml", "cacheprovider", "pastebin", "doctest", "faulthandler"]
OPTIONS = ["-s", "--assert=plain", "-c", os.devnull, "--rootdir=.", "-W", "ignore"]
OPTIONS += [word for name in QUIET for word in ("-p", f"no:{name}")]


class Recorder:
    """The worst that befell a test: passed < failed < error."""

    def __init__(self) -> None:
        self.verdict, self.detail, self.ran = "passed", "", 0

    def worsen(self, verdict: str, detail: str) -> None:
        order = ["passed", "failed", "error"]
        if order.index(verdict) > order.index(self.verdict):
            self.verdict, self.detail = verdict, " ".join(detail.split())[:200]

    def judge(self, error: Any) -> None:
        asserted = error.errisinstance((AssertionError, pytest.fail.Exception))
        self.worsen("failed" if asserted else "error", f"{error.typename}: {error.value}")

    def pytest_runtest_makereport(self, call: Any) -> None:
        self.ran += call.when == "call"
        if call.excinfo is not None:
            self.judge(call.excinfo)

    def pytest_exception_interact(self, node: Any, call: Any) -> None:
        if isinstance(node, pytest.Collector):
            self.judge(call.excinfo)


def run_tests(nodes: list[str], *options: str) -> tuple[str, str]:
    recorder = Recorder()
    status = pytest.main([*OPTIONS, *options, *nodes], plugins=[recorder])
    if not recorder.ran:
        recorder.worsen("error", f"pytest ran nothing ({int(status)})")
    return recorder.verdict, recorder.detail


def covered(plan: dict[str, Any], node: str) -> tuple[str, str, bytes, list[int]]:
    """A test's verdict, and what of the target it reached."""
    target = str(Path(f"{plan['module']}.py").resolve())
    tracer = coverage.Coverage(None, branch=True, include=[target], config_file=False)
    tracer.start()
    try:
        verdict, detail = run_tests([node])
    finally:
        tracer.stop()
    data = tracer.get_data()
    lines = set(data.lines(target) or ()) & set(plan["entry_lines"])
    return verdict, detail, data.dumps(), sorted(lines)


def mutated(plan: dict[str, Any], source: str, nodes: list[str]) -> tuple[str, str]:
    """``survived``, ``killed``, or ``stillborn``: it cannot even be imported."""
    Path(f"{plan['module']}.py").write_text(source, encoding="utf-8")
    try:
        importlib.import_module(plan["module"])
    except Exception:  # noqa: BLE001 - whatever a mutant raises
        return "stillborn", ""
    verdict, detail = run_tests(nodes, "-x")
    return ("survived" if verdict == "passed" else "killed"), detail


def forked(work: Any, seconds: float, memory: int) -> Any:
    """What ``work()`` returns in a process of its own; ``timeout`` or ``died`` when nothing.

    ``seconds`` of CPU time, and some more of wall time, for those that wait.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        answer = b""
        with contextlib.suppress(BaseException):
            answer = pickle.dumps(work())
        with contextlib.suppress(BaseException), os.fdopen(write, "wb") as pipe:
            pipe.write(len(answer).to_bytes(8, "big") + answer)
        os._exit(0)
    os.close(write)
    received, ended = _receive(read, time.monotonic() + 3 * seconds + 1)
    os.close(read)
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if received:
        with contextlib.suppress(Exception):
            return pickle.loads(received)  # noqa: S301 - inside the sandbox
    if not ended or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF):
        return "timeout"
    return "died"


def _receive(read: int, deadline: float) -> tuple[bytes, bool]:
    """The child's answer, and whether it ended (or answered) in time. A grandchild may hold
    the pipe open, so the length says when to stop."""
    data = b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([read], [], [], left)[0]:
            break
        part = os.read(read, 1 << 16)
        data += part
        if not part or (len(data) >= 8 and len(data) - 8 >= int.from_bytes(data[:8], "big")):
            return data[8:], True
    return b"", False


def totals(plan: dict[str, Any], parts: list[bytes]) -> dict[str, Any]:
    """Statements and branches of the target, and how many the tests reached together."""
    tracer = coverage.Coverage(None, branch=True, config_file=False)
    for pattern in plan["exclude"]:
        tracer.exclude(pattern)
    data = tracer.get_data()
    for part in parts:
        other = coverage.CoverageData(no_disk=True)
        other.loads(part)
        data.update(other)
    tracer.json_report([f"{plan['module']}.py"], outfile="coverage.json")
    report = json.loads(Path("coverage.json").read_text(encoding="utf-8"))
    sums = report["totals"]
    names = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    file = next(iter(report["files"].values()))
    return {**{name: sums[name] for name in names}, "lines": file["executed_lines"]}


def warm(plan: dict[str, Any]) -> None:
    """Import once what every child would import anew."""
    tree = ast.parse(Path(f"{plan['module']}.py").read_text(encoding="utf-8"))
    for statement in tree.body:
        with contextlib.suppress(Exception):
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    importlib.import_module(alias.name)
            elif isinstance(statement, ast.ImportFrom) and statement.module:
                importlib.import_module(statement.module)
    Path("empty").mkdir()
    pytest.main([*OPTIONS, "empty"])


def main(plan: dict[str, Any]) -> None:
    verdicts = Path("verdicts.jsonl").open("a", encoding="utf-8")  # noqa: SIM115

    def tell(**line: Any) -> None:
        verdicts.write(json.dumps(line) + "\n")
        verdicts.flush()

    sys.path.insert(0, str(Path.cwd()))
    sys.dont_write_bytecode = True
    warm(plan)
    parts: list[bytes] = []
    good: list[str] = []
    spent = 0.0
    for test in plan["tests"]:
        tell(start=test["node"])
        before = time.process_time(), _children_seconds()
        answer = forked(
            lambda node=test["node"]: covered(plan, node),
            plan["test_seconds"],
            plan["memory_bytes"],
        )
        if isinstance(answer, str):
            reason = {"timeout": "out of time", "died": "ended without a word"}[answer]
            tell(test=test["node"], verdict=answer, detail=reason, lines=[])
            continue
        verdict, detail, data, lines = answer
        if lines and verdict in {"passed", "failed"}:
            parts.append(data)
        if lines and verdict == "passed" and test["checks"]:
            good.append(test["node"])
            spent += _children_seconds() - before[1]
        tell(test=test["node"], verdict=verdict, detail=detail, lines=lines)
    tell(coverage=totals(plan, parts) if parts else {})
    if good:
        limit = plan["mutant_seconds"] + 3 * spent
        for number, source in enumerate(plan["mutants"]):
            answer = forked(
                lambda source=source: mutated(plan, source, good), limit, plan["memory_bytes"]
            )
            verdict = "killed" if isinstance(answer, str) else answer[0]
            tell(mutant=number, verdict=verdict)
    tell(done=True)


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
