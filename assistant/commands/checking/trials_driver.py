# type: ignore
"""Runs inside the sandbox: tries versions of one file, each in a process of its own.

Standard input is JSON: ``word`` (said before each report, so that a program's own prints are told
from it), ``path`` (of the file), ``versions`` (its texts), ``folders`` (for ``sys.path``),
``beside`` (folders that are looked into last), ``examples`` (what the driver of examples is asked;
null for none), ``tests`` (pytest's arguments; empty for none), ``plugins`` (pytest's plug-ins by
module; null for all that are installed), ``lines`` (whether to note which lines of the first
version each test reaches), ``hasty`` (whether another version's tests end with the third that runs
out of time), ``script`` (a file to run; empty for none), ``seconds`` of CPU time for a test or an
example, ``patience`` for all of a version's; by the clock they get several times that, since others
may keep the machine busy. A report is a line of JSON:
``{"examples": null or its driver's, "tests": {node: "" or why not}, "lines": {node: [line, …]},
"script": "" or why not}``.
"""

import contextlib
import io
import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

MOST = 4 << 20
LONGEST = 2000
MOST_LATE = 3


class OutOfTime(BaseException):
    pass


class Tests:
    """A pytest plug-in that says how each test ended."""

    def __init__(self, told, seconds, traced, hasty):
        self.told, self.seconds, self.traced, self.hasty = told, seconds, traced, hasty
        self.session, self.late = None, 0
        self.lines = set()

    def tell(self, node, said):
        text = " ".join(str(said).split())[:LONGEST]
        self.told.write(json.dumps([node, text, sorted(self.lines)]) + "\n")
        self.told.flush()

    def pytest_runtest_setup(self, item):
        self.lines = set()
        self.session = item.session
        signal.setitimer(signal.ITIMER_PROF, self.seconds)

    def pytest_runtest_call(self, item):
        if self.traced:
            sys.settrace(self.trace)

    def pytest_runtest_teardown(self, item):
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_PROF, 0)

    def trace(self, frame, event, value):
        if frame.f_code.co_filename != self.traced:
            return None
        self.lines.add(frame.f_lineno)
        return self.trace

    def pytest_runtest_logreport(self, report):
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            where = f"{Path(crash.path).name}:{crash.lineno}: " if crash else ""
            said = crash.message if crash else str(report.longrepr)
            self.tell(report.nodeid, where + said)
            self.late += "OutOfTime" in said
            if self.hasty and self.late == MOST_LATE:
                self.session.shouldstop = "too many ran out of time"
        elif report.when == "call" and report.passed:
            self.tell(report.nodeid, "")

    def pytest_collectreport(self, report):
        if report.failed:
            said = str(report.longrepr).strip().splitlines()
            self.tell(report.nodeid, said[-1] if said else "it could not be collected")


def forked(work, seconds):
    """What ``work(stream)`` writes in a process of its own, in ``seconds`` of CPU time, and four
    times that by the clock: others may keep the machine busy. And whether the clock ended it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        os.setsid()
        limit = int(seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        with contextlib.suppress(BaseException):
            work(write)
        os._exit(0)
    os.close(write)
    data, end, late = b"", time.monotonic() + 4 * seconds, False
    while len(data) < MOST:
        left = end - time.monotonic()
        late = left <= 0 or not select.select([read], [], [], left)[0]
        if late:
            break
        part = os.read(read, 1 << 16)
        if not part:
            break
        data += part
    os.close(read)
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return data.decode(errors="replace"), late


def by_examples(asked, seconds):
    def work(stream):
        os.dup2(stream, 1)
        sys.stdin = io.StringIO(json.dumps(asked))
        import assistant_driver

        assistant_driver.main()

    for line in reversed(forked(work, seconds)[0].splitlines()):
        if line.startswith(asked["word"]):
            return json.loads(line.removeprefix(asked["word"]))
    return {"import": "it ended before its report", "examples": []}


def by_tests(asked, traced, hasty):
    def work(stream):
        import pytest

        def alarm(number, frame):
            raise OutOfTime("it took too long")

        signal.signal(signal.SIGPROF, alarm)
        plugin = Tests(os.fdopen(stream, "w"), asked["seconds"], traced, hasty)
        options = ["-q", "--tb=short", "-o", "addopts=", "-p", "no:cacheprovider"]
        named = [f"-p{module}" for module in asked["plugins"] or ()]
        pytest.main([*options, *named, *asked["tests"]], plugins=[plugin])

    tests, lines = {}, {}
    said, late = forked(work, asked["patience"])
    for line in said.splitlines():
        with contextlib.suppress(ValueError, TypeError):
            node, said, reached = json.loads(line)
            # What failed while it was taken down has failed.
            tests[node] = tests.get(node) or said
            lines[node] = reached
    return tests, lines, late


def by_script(asked):
    command = [sys.executable, asked["script"]]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=4 * asked["patience"], stdin=-3
        )
    except subprocess.TimeoutExpired:
        return "it took too long"
    said = done.stderr.strip().splitlines()
    return "" if not done.returncode else (said[-1] if said else f"exit {done.returncode}")[:400]


def main():
    asked = json.load(sys.stdin)
    report = os.fdopen(os.dup(1), "w")
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [
            *(str(Path(each).resolve()) for each in asked["folders"]),
            os.environ.get("PYTHONPATH", ""),
        ]
    )
    sys.path[:0] = [str(Path(each).resolve()) for each in asked["folders"]]
    sys.path += asked["beside"]
    if asked["plugins"] is not None:
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    # Once for all of them.
    import assistant_driver  # noqa: F401

    if asked["tests"]:
        import pytest  # noqa: F401
    target = Path(asked["path"]).resolve()
    for number, text in enumerate(asked["versions"]):
        target.write_bytes(text.encode(errors="replace"))
        found = {"examples": None, "tests": {}, "lines": {}, "late": False, "script": ""}
        if asked["examples"]:
            each = asked["examples"]
            found["examples"] = by_examples(each, asked["patience"])
        if asked["tests"]:
            traced = str(target) if asked["lines"] and not number else ""
            hasty = asked["hasty"] and number > 0
            found["tests"], found["lines"], found["late"] = by_tests(asked, traced, hasty)
        if asked["script"]:
            found["script"] = by_script(asked)
        report.write("\n" + asked["word"] + json.dumps(found) + "\n")
        report.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
