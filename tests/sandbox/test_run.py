"""What running a program gives back when it means no harm."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest
from sandbox_runner import Runner

from assistant.cli.app import run as cli
from assistant.sandbox import Job, Limits, Outcome, run, unavailable
from assistant.sandbox.checks import sandbox
from assistant.sandbox.environments import own
from assistant.sandbox.language import runtimes
from assistant.sandbox.runner import _files


def python(code: str, **job: Any) -> Outcome:
    return run(Job("python", {"main.py": code}, "main.py", **job))


def test_input_arguments_environment(runner: Runner) -> None:
    outcome = runner.python(
        "print(sys.stdin.read(), sys.argv[1:], os.environ['X'])",
        stdin="ünï\n",
        arguments=("a b", "é"),
        env={"X": "y"},
    )
    assert (outcome.status, outcome.stdout) == ("passed", "ünï\n ['a b', 'é'] y\n")


def test_exit_status_and_both_streams(runner: Runner) -> None:
    outcome = runner.python("print('out'); sys.exit('err')")
    assert (outcome.status, outcome.exit_code) == ("failed", 1)
    assert (outcome.stdout, outcome.stderr) == ("out\n", "err\n")
    assert outcome.reason == "exit status 1"


def test_output_that_is_no_utf_8(runner: Runner) -> None:
    assert runner.python(r"os.write(1, b'\xff\xe2\x82\xac')").stdout == "\ufffd€"


def test_files_in_and_out(runner: Runner) -> None:
    code = """
open('sub/out', 'wb').write(open('sub/in', 'rb').read()[::-1])
open('large', 'wb').write(bytes(3000)); os.mkdir('dir')
"""
    names = ("sub/out", "large", "dir", "missing", "main.py")
    limits = {"file_bytes": 2000}
    outcome = runner.python(code, files={"sub/in": b"\0\xff"}, collect=names[:1])
    assert dict(outcome.files) == {"sub/out": b"\xff\0"}
    outcome = runner.python(
        "os.mkdir('dir'); open('empty', 'w')", collect=("dir", "missing", "empty"), limits=limits
    )
    assert dict(outcome.files) == {"empty": b""}


def test_a_file_too_large_to_collect(runner: Runner) -> None:
    code = "f = open('x', 'wb'); f.write(bytes(1000)); os.truncate('x', 1000); f.close()"
    assert set(runner.python(code, collect=("x",)).files) == {"x"}
    code = "for n in 'ab': open(n, 'wb').write(bytes(900_000))"
    limits = {"disk_bytes": 1 << 20}
    outcome = runner.python(code, collect=("a", "b", "a"), limits=limits)
    assert sum(map(len, outcome.files.values())) <= 1 << 20


@pytest.mark.parametrize(
    ("report", "files"),
    [
        (b"", {}),
        (b"0 0\n2 2\nxy", {"a": b"", "c": b"xy"}),
        (b"0 3\nabc1", {"a": b"abc"}),
        (b"0 3\nabc1 ", {"a": b"abc"}),
        (b"0 3\nabc1 2", {"a": b"abc"}),
        (b"0 3\nabc1 2\n", {"a": b"abc"}),
        (b"0 100\nabc", {}),
        (b"0 100\nabc\nabc", {}),
    ],
)
def test_a_report_that_is_cut_off(report: bytes, files: dict[str, bytes]) -> None:
    assert _files(report, ("a", "b", "c")) == files


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (Job("cobol", {"x": ""}, "x"), "cobol"),
        (Job("python", {"x.py": ""}, "y.py"), "not among the files"),
        (Job("python", {"-c": ""}, "-c"), "reads like an option"),
        (Job("python", {"x.py": ""}, "x.py", arguments=("\0",)), "NUL"),
        (Job("python", {"x.py": ""}, "x.py", env={"a=b": ""}), "environment"),
        (Job("python", {"x.py": ""}, "x.py", limits=Limits(wall_seconds=0)), "wall_seconds"),
        (Job("python", {"x.py": "x" * 20}, "x.py", limits=Limits(disk_bytes=10)), "20 bytes"),
        (Job("python", {f"{i}": "" for i in range(3000)}, "1"), "at most 2000"),
    ],
)
def test_jobs_that_are_refused(job: Job, said: str) -> None:
    outcome = run(job)
    assert outcome.status == "refused"
    assert said in outcome.reason
    assert "\n" not in outcome.reason


HELLO = {
    "python": ("main.py", "print('hello')", "1 +"),
    "javascript": ("main.js", "console.log('hello')", "let let"),
    "typescript": ("main.ts", "const x: string = 'hello'; console.log(x)", "let let"),
    "java": (
        "Main.java",
        'class Main { public static void main(String[] a) { System.out.println("hello"); } }',
        "class",
    ),
    "go": ("main.go", 'package main\nimport "fmt"\nfunc main() { fmt.Println("hello") }', "x"),
    "rust": ("main.rs", 'fn main() { println!("hello"); }', "fn"),
}


@pytest.mark.slow
@pytest.mark.parametrize("language", HELLO)
def test_each_language_runs_or_says_what_to_install(language: str) -> None:
    name, good, bad = HELLO[language]
    limits = Limits(wall_seconds=60, cpu_seconds=60)
    outcome = run(Job(language, {name: good}, name, limits=limits))
    if outcome.status == "refused":
        assert "install" in outcome.reason
        pytest.skip(outcome.reason)
    assert (outcome.status, outcome.stdout) == ("passed", "hello\n"), outcome
    assert run(Job(language, {name: bad}, name, limits=limits)).status == "failed"


def test_every_language_is_tried() -> None:
    assert set(HELLO) == set(runtimes.names())


@pytest.mark.parametrize("language", sorted(set(HELLO) - {"python"}))
def test_without_a_toolchain(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    outcome = run(Job(language, {HELLO[language][0]: ""}, HELLO[language][0]))
    assert outcome.status == "refused"
    assert "install" in outcome.reason


@pytest.mark.skipif(shutil.which("javac") is None, reason="no JDK here")
def test_java_has_the_jars_that_a_job_brings(tmp_path: Path) -> None:
    jars = (tmp_path / "a.jar", tmp_path / "b.jar")
    files = {"Main.java": "class Main {}"}
    plan = runtimes.get("java").plan(Job("java", files, "Main.java", packages=jars))
    shown = [mount.inside for mount in plan.mounts if mount.source in jars]
    assert [step[-2:] for step in plan.steps] == [(":".join(shown), "Main.java")]
    files["Other.java"] = "class Other {}"
    plan = runtimes.get("java").plan(Job("java", files, "Main.java", packages=jars))
    compiler, program = plan.steps
    assert compiler[compiler.index("-cp") + 1] == ":".join(shown)
    assert program[program.index("-cp") + 1].endswith(":".join(["", *shown]))


@pytest.mark.parametrize("version", ["v18.20.8", "v22.5.1", "none"])
def test_typescript_needs_a_node_that_strips_types(
    version: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, said in (("node", version), ("tsc", "")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {said}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = run(Job("typescript", {"main.ts": ""}, "main.ts"))
    assert outcome.status == "refused"
    assert "install Node.js 22.6 or later" in outcome.reason


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "result"), [("true", "error"), ("", "skipped")])
def test_where_nothing_can_be_run_ci_fails(ci: str, result: str, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    test = "tests/sandbox/test_seccomp.py::test_a_rule_that_is_not_taken"
    env = {**os.environ, "CI": ci, "ASSISTANT_BWRAP": str(tmp_path / "none")}
    # Two of pytest's plug-ins are all that the settings here need.
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    words += ["-p", "pytest_asyncio.plugin", "-p", "pytest_timeout", test]
    answer = subprocess.run(words, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert f"1 {result} in" in answer.stdout, answer
    assert answer.returncode == (1 if ci else 0)


def test_without_bubblewrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSISTANT_BWRAP", str(tmp_path / "none"))
    assert python("").status == "refused"
    assert "ASSISTANT_BWRAP" in unavailable()
    detail, fix = sandbox()
    assert (detail, "ASSISTANT_BWRAP" in fix) == ("generated code is not run", True)


def test_a_bubblewrap_that_does_not_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("ASSISTANT_BWRAP", str(broken))
    outcome = python("print(1)")
    assert (outcome.status, outcome.stdout) == ("refused", "")
    assert "user namespaces" in outcome.reason


def test_what_doctor_says() -> None:
    detail, fix = sandbox()
    assert "bwrap" in detail
    assert "python" in detail
    assert fix == ""


def test_installed_packages_only_when_asked_for() -> None:
    code = "import rich; print(rich.__name__)"
    assert python(code, python=own()).stdout == "rich\n"
    assert "ModuleNotFoundError" in python(code).stderr


def test_many_at_once_and_no_descriptor_left() -> None:
    python("")
    before = len(list(Path("/proc/self/fd").iterdir()))
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(python(f"print({n})").stdout))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [f"{n}\n" for n in range(8)]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def _marked(mark: str) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[-1:] == [mark]:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_when_its_parent_is_interrupted_or_dies(number: signal.Signals) -> None:
    mark = uuid.uuid4().hex
    code = f"""
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # Ignored where tests run in background.
from assistant.sandbox import Job, run
program = 'import os, time; os.fork(); time.sleep(50)'
run(Job('python', {{'m.py': program}}, 'm.py', arguments=('{mark}',)))
"""
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, stderr=-1) as parent:
        while len(_marked(mark)) < 2:
            assert parent.poll() is None
            time.sleep(0.02)
        parent.send_signal(number)
        parent.communicate()
        assert parent.returncode != 0
    # Killed, it cannot wait for what the kernel ends after it; else nothing is left already.
    while number == signal.SIGKILL and _marked(mark):
        time.sleep(0.02)
    if number == signal.SIGINT:
        assert not _marked(mark)
    while _marked(mark):
        time.sleep(0.02)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, given = tmp_path / "good.py", tmp_path / "bad.py", tmp_path / "in"
    good.write_text("import sys; print(sys.argv[1:], sys.stdin.read())")
    bad.write_text("print('x'); raise SystemExit(3)")
    given.write_text("given")
    assert cli(["sandbox", "run", str(good), "--stdin", str(given), "--", "-a"]) == 0
    assert capsys.readouterr().out == "['-a'] given\n"
    assert cli(["sandbox", "run", str(bad), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["exit_code"], answer["stdout"]) == ("failed", 3, "x\n")
    assert answer["usage"]["processes"] == 1


@pytest.mark.parametrize(
    "arguments",
    [["none.py"], ["main.nope"], ["main.py", "--wall", "0"], ["main.py", "--language", "cobol"]],
)
def test_misuse_of_the_command(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("main.py", "main.nope"):
        Path(name).write_text("")
    assert cli(["sandbox", "run", *arguments]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_it_takes_little_of_the_processors_when_others_want_them() -> None:
    program = """
import os
print(os.nice(0))
try:
    print(open("/proc/self/autogroup").read())
except OSError:
    print("none")
"""
    outcome = run(Job("python", {"main.py": program}, "main.py"))
    nice, group, *_ = outcome.stdout.splitlines()
    assert int(nice) >= 15
    assert group == "none" or group.endswith("nice 15")


@pytest.mark.parametrize(("steps_back", "nice"), [(True, "15"), (False, "0")])
def test_it_takes_what_others_leave_unless_it_is_told_not_to(steps_back: bool, nice: str) -> None:
    own = os.nice(0)
    job = Job("python", {"a.py": "import os\nprint(os.nice(0))"}, "a.py", steps_back=steps_back)
    assert run(job).stdout.strip() == str(min(19, own + int(nice)))
