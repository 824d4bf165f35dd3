"""Real virtual environments in the real sandbox, and repositories that lie about theirs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from python_environments import made

from assistant.cli.app import run as cli
from assistant.errors import UsageError
from assistant.sandbox import (
    Job,
    Limits,
    Outcome,
    PythonEnvironment,
    Status,
    run,
    stoppable,
    unavailable,
)
from assistant.sandbox.environments import find, own
from assistant.sandbox.interpreter import environment, lends_pytest
from assistant.sandbox.runner import STOPPED

pytestmark = pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")

VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
SECRET = "the user's own secret"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "project"
    folder.mkdir()
    return folder


def python(code: str, environment: PythonEnvironment, **files: str) -> Outcome:
    named = {name.replace("__", "/") + ".py": text for name, text in files.items()}
    limits = Limits(wall_seconds=120)
    job = Job("python", {"main.py": code, **named}, "main.py", python=environment, limits=limits)
    return run(job)


@pytest.mark.parametrize("program", [sys.executable, "/usr/bin/python3"])
def test_what_a_project_has_installed_is_there_and_nothing_else(root: Path, program: str) -> None:
    if subprocess.run([program, "-c", "import venv"], check=False).returncode:
        pytest.skip(f"{program} makes no environments")
    made(root / ".venv", {"fruits.py": "PRICE = 3\n"}, program)
    found = find(root)
    assert (found.python.name, found.notes) == (".venv", ())
    outcome = python("import fruits, sys; print(fruits.PRICE, sys.prefix)", found.python)
    assert outcome.stdout == "3 /opt/venv\n", outcome
    assert "No module named 'rich'" in python("import rich", found.python).stderr
    code = f"import os; print(os.path.exists({str(root)!r}))"
    assert python(code, found.python).stdout == "False\n"


def test_nothing_of_it_can_be_written(root: Path) -> None:
    made(root / ".venv", {"fruits.py": "PRICE = 3\n"})
    code = """
import fruits, os, sys
for path in (fruits.__file__, sys.executable, sys.prefix + '/pyvenv.cfg', os.__file__):
    for attempt in (lambda p: open(p, 'a'), lambda p: os.chmod(p, 0o777), os.unlink):
        try:
            attempt(path)
        except OSError:
            print('held')
"""
    assert python(code, find(root).python).stdout.split() == ["held"] * 12


def test_projects_installed_to_be_edited_are_the_sandbox_s_copy(root: Path) -> None:
    packages = made(root / ".venv", {})
    for name in ("one/inner", "two/src"):
        (root / name).mkdir(parents=True)
    (packages / "one.pth").write_text(f"{root}/one/inner\n/etc\n")
    (packages / "two-1.dist-info").mkdir()
    url = {"url": f"file://{root}/two", "dir_info": {"editable": True}}
    (packages / "two-1.dist-info/direct_url.json").write_text(json.dumps(url))
    found = find(root).python
    assert found.editable == ("one/inner", "two/src", "two")
    outcome = python(
        "import apple, pear; print(apple.__file__, pear.__file__)",
        found,
        one__inner__apple="",
        two__src__pear="",
    )
    assert outcome.stdout == "/tmp/work/one/inner/apple.py /tmp/work/two/src/pear.py\n", outcome


def test_which_is_taken(root: Path, tmp_path: Path) -> None:
    assert find(root).python.name == own().name
    assert find(None).python.packages == own().packages
    made(root / "env", {})
    assert find(root).python.name == "env"
    made(root / ".venv", {})
    assert find(root).python.name == ".venv"
    active = tmp_path / "active"
    made(active, {})
    assert find(root, environ={"VIRTUAL_ENV": str(active)}).python.name == str(active)
    # The one that this program itself was started from says nothing of the project.
    assert find(root, environ={"VIRTUAL_ENV": sys.prefix}).python.name == ".venv"
    assert find(root, "env", {"VIRTUAL_ENV": str(active)}).python.name == "env"
    by_program = find(root, str(active / "bin/python")).python
    assert by_program.packages == active.resolve() / f"lib/{VERSION}/site-packages"


def test_an_installation_can_be_named(root: Path) -> None:
    found = find(root, "/usr/bin/python3").python
    assert found.packages is None
    outcome = python("import sys; print(sys.executable)", found)
    assert outcome.stdout.startswith("/usr/bin/python3"), outcome


@pytest.mark.parametrize("named", ["nothing/here", "/etc", "/etc/passwd", "plain"])
def test_a_setting_that_names_none(root: Path, named: str) -> None:
    (root / "plain").mkdir()
    with pytest.raises(UsageError, match=r"sandbox\.python names"):
        find(root, named)


def test_an_interpreter_that_is_gone(root: Path) -> None:
    made(root / ".venv", {})
    configuration = root / ".venv/pyvenv.cfg"
    configuration.write_text("home = /nowhere/bin\n")
    found = find(root)
    assert found.python.name == own().name
    assert ".venv is not used" in found.notes[0]
    assert found.python.advice == found.notes[0]


def _home(root: Path, secrets: Path) -> None:
    (root / ".venv/pyvenv.cfg").write_text(f"home = {secrets}\n")


def _link_of_the_environment(root: Path, secrets: Path) -> None:
    shutil.rmtree(root / ".venv")
    (root / ".venv").symlink_to(secrets)


def _link_of_the_packages(root: Path, secrets: Path) -> None:
    packages = root / f".venv/lib/{VERSION}/site-packages"
    packages.rmdir()
    packages.symlink_to(secrets)


def _link_above_the_packages(root: Path, secrets: Path) -> None:
    (secrets / VERSION / "site-packages").mkdir(parents=True)
    shutil.rmtree(root / ".venv/lib")
    (root / ".venv/lib").symlink_to(secrets)


def _fake_python(root: Path) -> Path:
    """A folder of the repository that looks like a Python."""
    base = root / "base"
    (base / f"lib/{VERSION}").mkdir(parents=True)
    (base / f"lib/{VERSION}/os.py").touch()
    (base / "bin").mkdir()
    program = base / "bin" / VERSION
    program.write_text(f"#!/bin/sh\necho ran; cat /opt/*/*/* {root}/../secrets/*; : > {root}/ran\n")
    program.chmod(0o755)
    (root / ".venv/pyvenv.cfg").write_text(f"home = {base}/bin\n")
    return base


def _link_of_the_interpreter(root: Path, secrets: Path) -> None:
    program = _fake_python(root) / "bin" / VERSION
    program.unlink()
    program.symlink_to(secrets / "key")


def _link_of_the_library(root: Path, secrets: Path) -> None:
    library = _fake_python(root) / "lib" / VERSION
    shutil.rmtree(library)
    (secrets / "os.py").touch()
    library.symlink_to(secrets)


def _home_above_secrets(root: Path, secrets: Path) -> None:
    (secrets / "bin").mkdir()
    (secrets / "bin" / VERSION).symlink_to(sys.executable)
    (root / ".venv/pyvenv.cfg").write_text(f"home = {secrets}/bin\n")


@pytest.mark.parametrize(
    "lie",
    [
        _home,
        _link_of_the_environment,
        _link_of_the_packages,
        _link_above_the_packages,
        _link_of_the_interpreter,
        _link_of_the_library,
        _home_above_secrets,
    ],
)
def test_a_repository_cannot_have_the_user_s_folders_shown(
    root: Path, tmp_path: Path, lie: Callable[[Path, Path], None]
) -> None:
    secrets = tmp_path.resolve() / "secrets"
    secrets.mkdir()
    (secrets / "key").write_text(SECRET)
    made(root / ".venv", {})
    lie(root, secrets)
    found = find(root).python
    inside = environment(found)
    sources = [mount.source for mount in inside.mounts if mount.source is not None]
    assert not any(s.is_relative_to(secrets) or secrets.is_relative_to(s) for s in sources)
    code = f"""
import os
for folder in ('/opt', '/home', '/root', '/tmp'):
    for here, _, files in os.walk(folder):
        for path in (os.path.join(here, name) for name in files):
            try:
                if os.path.getsize(path) == {len(SECRET)}:
                    print(open(path, errors='replace').read())
            except OSError:
                pass
"""
    limits = Limits(wall_seconds=300, cpu_seconds=60)
    beside = {"main.py": code, "seen": "x" * len(SECRET)}
    outcome = run(Job("python", beside, "main.py", python=found, limits=limits))
    assert beside["seen"] in outcome.stdout, outcome
    assert SECRET not in outcome.stdout


def test_a_link_among_libraries_leads_nowhere(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/key").write_text(SECRET)
    made(root / ".venv", {})
    base = _fake_python(root)
    (base / "lib/libkey.so").symlink_to(tmp_path / "secrets/key")
    assert not any("libkey" in mount.inside for mount in environment(find(root).python).mounts)


def test_a_repository_s_own_interpreter_is_started_in_the_sandbox_only(
    root: Path, tmp_path: Path
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/key").write_text(SECRET)
    made(root / ".venv", {})
    _fake_python(root)
    found = find(root).python
    assert found.base == root / "base"
    outcome = python("print(1)", found)
    assert outcome.stdout.startswith("ran\n"), outcome
    assert SECRET not in outcome.stdout
    assert not (root / "ran").exists()


def test_pytest_is_lent_where_there_is_none(root: Path) -> None:
    packages = made(root / ".venv", {})
    found = find(root).python
    assert lends_pytest(found)
    code = "import sys; sys.path.append('/opt/lent'); import pytest; print(pytest.__file__)"
    assert python(code, found).stdout == "/opt/lent/pytest/__init__.py\n"
    # What we have beside it is not.
    code = "import sys; sys.path.append('/opt/lent'); import rich"
    assert "No module named 'rich'" in python(code, found).stderr
    (packages / "pytest").mkdir()
    (packages / "pytest/__init__.py").touch()
    assert not lends_pytest(found)


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if mark in process.cmdline() and "--seccomp" not in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


def test_a_run_that_is_stopped_leaves_nothing() -> None:
    mark = uuid.uuid4().hex
    program = (
        "import os, time\nos.fork()\nos.setsid() if os.fork() else 0\nwhile True: time.sleep(9)"
    )
    limits = Limits(wall_seconds=3000)
    job = Job("python", {"main.py": program}, "main.py", arguments=(mark,), limits=limits)
    outcomes: list[Outcome] = []
    with stoppable() as stopped:
        thread = threading.Thread(target=lambda: outcomes.append(stopped(job)))
        thread.start()
        while len(_marked(mark)) < 4:
            assert thread.is_alive(), outcomes
            time.sleep(0.05)
    thread.join()
    assert (outcomes[0].status, outcomes[0].reason) == (Status.KILLED, STOPPED)
    assert not _marked(mark)
    # Nothing more is started either.
    assert stopped(job).reason == STOPPED


def test_doctor_names_the_environment(
    home: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "pyproject.toml").touch()
    made(root / ".venv", {})
    monkeypatch.chdir(root)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    cli(["doctor", "--json"])
    checks = {each["name"]: each for each in json.loads(capsys.readouterr().out)["checks"]}
    assert ".venv (Python 3." in checks["environment"]["detail"]
    assert checks["environment"]["fix"] == ""
    cli(["--set", "sandbox.python=nowhere", "doctor", "--json"])
    checks = {each["name"]: each for each in json.loads(capsys.readouterr().out)["checks"]}
    assert "sandbox.python names nowhere" in checks["environment"]["fix"]


def test_the_command_runs_a_file_with_its_project(
    home: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    made(root / ".venv", {"fruits.py": "PRICE = 3\n"})
    (root / "main.py").write_text("import fruits; print(fruits.PRICE)")
    assert cli(["sandbox", "run", str(root / "main.py")]) == 0
    assert capsys.readouterr().out == "3\n"
