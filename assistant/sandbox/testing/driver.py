"""Runs inside the sandbox, as ``python _driver.py plan.json``; never imported by the project.

One pytest session forks a process for each test and for each mutant. Each finds the working
folder as new, and none sees what another left behind: what it started is ended, what it wrote
is removed. pytest itself is set up once, which is most of what a run of it costs.

The plan: {files: {name: text}, module, exclude, entry_lines, tests: [{node, checks}],
mutants: [source], test_seconds, mutant_seconds, most_timeouts, memory_bytes}. Verdicts go to
stdout, one JSON line each, as they are found: should a test end this process, what was found
before is not lost. Tests have no way to that stream. A test can still forge its own verdict,
being in one process with what judges it, but no other's.
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import functools
import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

import coverage
import pytest

NO = ["terminal", "logging", "junitxml", "cacheprovider", "pastebin", "doctest", "faulthandler"]
NO += ["unraisableexception", "threadexception"]
OPTIONS = ["-s", "--assert=plain", "-c", os.devnull, "--rootdir=.", "-W", "ignore"]
OPTIONS += [word for name in NO for word in ("-p", f"no:{name}")]
VERDICTS = ["passed", "failed", "error"]
FATES = ["survived", "killed", "stillborn"]
HERE = Path.cwd()
SANDBOX = (1, "sandbox", Path("/tmp/work"))  # noqa: S108 - of this driver's own sandbox
MOST_BYTES = 4 << 20
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36
prctl = ctypes.CDLL(None).prctl


class Driver:
    """A pytest plugin that takes the place of its loop over tests."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.target = f"{plan['module']}.py"
        self.memory = plan["memory_bytes"]
        self.verdict, self.detail, self.ran = "passed", "", 0
        self.session: Any = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        self.session = session
        self.drive()
        return True

    def pytest_runtest_makereport(self, call: Any) -> None:
        self.ran += call.when == "call"
        if call.excinfo is not None:
            self.judge(call.excinfo)

    def pytest_exception_interact(self, node: Any, call: Any) -> None:
        if isinstance(node, pytest.Collector):
            self.judge(call.excinfo)

    def judge(self, error: Any) -> None:
        asserted = error.errisinstance((AssertionError, pytest.fail.Exception))
        self.worsen("failed" if asserted else "error", f"{error.typename}: {error.value}")

    def worsen(self, verdict: str, detail: str) -> None:
        if VERDICTS.index(verdict) > VERDICTS.index(self.verdict):
            self.verdict, self.detail = verdict, " ".join(detail[:2000].split())[:200]

    def drive(self) -> None:
        plan, good, spent, timeouts = self.plan, [], 0.0, 0
        data = coverage.CoverageData(no_disk=True)
        for test in plan["tests"]:
            if timeouts >= plan["most_timeouts"]:
                break
            node = test["node"]
            tell(start=node)
            before = children_seconds()
            answer = self.forked(functools.partial(self.covered, node), plan["test_seconds"])
            if isinstance(answer, str):
                timeouts += answer == "timeout"
                reason = {"timeout": "out of time", "died": "ended without a word"}[answer]
                tell(test=node, verdict=answer, detail=reason, called=False)
                continue
            verdict, detail, arcs = answer
            called = not {line for arc in arcs for line in arc}.isdisjoint(plan["entry_lines"])
            if called and verdict in {"passed", "failed"}:
                data.add_arcs({str(HERE / self.target): arcs})
            if called and verdict == "passed" and test["checks"]:
                good.append(node)
                spent += children_seconds() - before
            tell(test=node, verdict=verdict, detail=detail, called=called)
        if data:
            tell(coverage=self.totals(data))
        limit = plan["mutant_seconds"] + 3 * spent
        for number, source in enumerate(plan["mutants"] if good else ()):
            answer = self.forked(
                functools.partial(self.mutated, good), limit, {self.target: source}
            )
            verdict = "killed" if isinstance(answer, str) else answer[0]
            tell(mutant=number, verdict=verdict)
        tell(done=True)

    def covered(self, node: str) -> dict[str, Any]:
        """A test's verdict, and what of the target it reached."""
        target = str(HERE / self.target)
        tracer = coverage.Coverage(None, branch=True, include=[target], config_file=False)
        tracer.start()
        try:
            self.run([node])
        finally:
            tracer.stop()
        arcs = tracer.get_data().arcs(target) or []
        return {"verdict": self.verdict, "detail": self.detail, "arcs": arcs}

    def mutated(self, nodes: list[str]) -> dict[str, Any]:
        """``survived``, ``killed``, or ``stillborn``: it cannot even be imported."""
        try:
            importlib.import_module(self.plan["module"])
        except Exception:  # noqa: BLE001 - whatever a mutant raises
            return {"verdict": "stillborn"}
        self.run(nodes)
        return {"verdict": "survived" if self.verdict == "passed" else "killed"}

    def run(self, nodes: list[str]) -> None:
        """Collect and run, up to the first that does not pass."""
        try:
            items = self.session.perform_collect(nodes)
        except pytest.UsageError:
            items = []
        for item in items:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
            if self.verdict != "passed":
                return
        if not self.ran:
            self.worsen("error", "pytest ran nothing")

    def totals(self, data: coverage.CoverageData) -> dict[str, Any]:
        """Statements and branches of the target, and how many the tests reached together."""
        lay_out(self.plan["files"])
        tracer = coverage.Coverage(None, branch=True, config_file=False)
        for pattern in self.plan["exclude"]:
            tracer.exclude(pattern)
        tracer.get_data().update(data)
        tracer.json_report([str(HERE / self.target)], outfile="coverage.json")
        report = json.loads(Path("coverage.json").read_text(encoding="utf-8"))
        file = next(iter(report["files"].values()))
        names = ("num_statements", "covered_lines", "num_branches", "covered_branches")
        return {**{n: file["summary"][n] for n in names}, "lines": file["executed_lines"]}

    def forked(
        self, work: Callable[[], Any], seconds: float, files: dict[str, str] | None = None
    ) -> tuple[str, str, list[tuple[int, int]]] | str:
        """What ``work()`` returns in a process and folder of its own, ``files`` laid over the
        plan's; ``timeout`` or ``died`` when nothing. ``seconds`` of CPU time, and some more of
        wall time for those that wait."""
        lay_out({**self.plan["files"], **(files or {})})
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            self._become_test(seconds)
            me = os.getpid()
            with contextlib.suppress(BaseException):
                answer = json.dumps(work()).encode()
                # A test that forks comes back here twice; two answers would be none.
                if os.getpid() == me:
                    with os.fdopen(write, "wb") as pipe:
                        pipe.write(len(answer).to_bytes(8, "big") + answer)
            os._exit(0)
        os.close(write)
        received, ended = receive(read, time.monotonic() + 2 * seconds + 3)
        os.close(read)
        status = end_children(child)
        with contextlib.suppress(ValueError, TypeError, LookupError, RecursionError):
            return read_answer(received)
        if not ended or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF):
            return "timeout"
        return "died"

    def _become_test(self, seconds: float) -> None:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        resource.setrlimit(resource.RLIMIT_AS, (self.memory, self.memory))
        importlib.invalidate_caches()
        gc.enable()


def tell(**line: Any) -> None:
    os.write(1, json.dumps(line).encode() + b"\n")


def read_answer(received: bytes) -> tuple[str, str, list[tuple[int, int]]]:
    """Verdict, detail and arcs, in the shape that they are to have: a test may have written
    them. Raises ValueError, TypeError, LookupError, RecursionError."""
    answer = json.loads(received)
    arcs = [(int(first), int(last)) for first, last in answer.get("arcs", ())]
    if any(abs(line) > MOST_BYTES for arc in arcs for line in arc):
        raise ValueError("no line number")
    verdict = answer["verdict"]
    if verdict not in {*VERDICTS, *FATES}:
        raise ValueError("no verdict")
    return verdict, str(answer.get("detail", ""))[:200], arcs


def receive(read: int, deadline: float) -> tuple[bytes, bool]:
    """A child's answer, and whether it ended (or answered) in time. A grandchild may hold
    the pipe open, so the length says when to stop."""
    data = b""
    while (left := deadline - time.monotonic()) > 0 and len(data) < MOST_BYTES:
        if not select.select([read], [], [], left)[0]:
            break
        part = os.read(read, 1 << 16)
        data += part
        end = 8 + int.from_bytes(data[:8], "big")
        if not part or len(data) >= max(8, end):
            return data[8:end], True
    return b"", False


def end_children(child: int) -> int:
    """End ``child`` and all that it started, which is this process's once its parent has ended
    (``PR_SET_CHILD_SUBREAPER``): the child's wait status."""
    status = 0
    while True:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _parent(entry) == os.getpid():
                with contextlib.suppress(OSError):
                    os.kill(int(entry.name), signal.SIGKILL)
        try:
            ended, how = os.waitpid(-1, 0)
        except ChildProcessError:
            return status
        if ended == child:
            status = how


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def lay_out(files: dict[str, str]) -> None:
    """The working folder as new, and nothing of another's beside it."""
    home = Path.home()
    for folder in (HERE.parent, HERE, home):
        if folder.is_symlink():
            folder.unlink()
        folder.mkdir(exist_ok=True)
        with contextlib.suppress(OSError):
            folder.chmod(0o755)
        for path in folder.iterdir():
            if path in {HERE, home}:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
    os.chdir(HERE)
    for name, text in files.items():
        Path(name).write_bytes(text.encode(errors="replace"))


def warm(plan: dict[str, Any]) -> None:
    """Do once what every child would do anew."""
    tree = ast.parse(plan["files"][f"{plan['module']}.py"])
    for statement in tree.body:
        with contextlib.suppress(Exception):
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    importlib.import_module(alias.name)
            elif isinstance(statement, ast.ImportFrom) and statement.module:
                importlib.import_module(statement.module)
    tracer = coverage.Coverage(None, branch=True, include=["none"], config_file=False)
    tracer.set_option("run:disable_warnings", ["no-data-collected"])
    tracer.start()
    tracer.stop()
    tracer.get_data().arcs("none")


def main(plan: dict[str, Any]) -> None:
    sys.dont_write_bytecode = True
    # Its streams are not the tests' to open, nor its memory: see proc(5).
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    warm(plan)
    lay_out({})
    gc.freeze()
    pytest.main([*OPTIONS, "."], plugins=[Driver(plan)])


if __name__ == "__main__":
    if (os.getppid(), os.uname().nodename, HERE) != SANDBOX:
        sys.exit("this empties folders and ends processes: it runs in the sandbox only")
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
