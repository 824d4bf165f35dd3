"""Attempts to read or write what is not the program's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_runner import Runner

SECRET = "kept-from-the-sandbox-4711"


@pytest.fixture
def planted() -> Iterator[Path]:
    """A key in a folder of the real home, one in the real temporary folder: open to anybody."""
    key = Path.home() / ".ssh-sandbox-test" / "id_ed25519"
    key.parent.mkdir()
    key.write_text(SECRET)
    yield key
    shutil.rmtree(key.parent)


def test_a_key_in_the_home_folder(runner: Runner, planted: Path) -> None:
    assert planted.read_text() == SECRET
    runner.held(f"attempt(lambda: open({str(planted)!r}).read())")


@pytest.mark.parametrize("folder", ["~/.ssh", "~/.config", "~/.git-credentials"])
def test_what_the_home_inside_holds(runner: Runner, folder: str) -> None:
    runner.held(f"attempt(lambda: os.stat(os.path.expanduser({folder!r})))")


@pytest.mark.parametrize(
    "path",
    ["/root", "/home", "/etc/shadow", "/etc/ssh", "/var", "/sys", "/run", "/mnt", "/srv", "/boot"],
)
def test_folders_of_the_host(runner: Runner, path: str) -> None:
    runner.held(f"attempt(lambda: os.stat({path!r}))")


def test_the_host_s_accounts(runner: Runner) -> None:
    names = [line.split(":")[0] for line in Path("/etc/passwd").read_text().splitlines()]
    outcome = runner.python("print(open('/etc/passwd').read())")
    assert [line.split(":")[0] for line in outcome.stdout.split()] == ["user"]
    assert len(names) > 1


def test_secrets_of_the_environment(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_TEST_TOKEN", SECRET)
    outcome = runner.python("print(sorted(os.environ))")
    allowed = {"HOME", "LANG", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "TMPDIR"}
    assert set(eval(outcome.stdout)) <= allowed


def test_a_file_in_the_host_s_temporary_folder(runner: Runner) -> None:
    with tempfile.NamedTemporaryFile("w", dir="/tmp") as file:
        file.write(SECRET)
        file.flush()
        Path(file.name).chmod(0o644)
        runner.held(f"attempt(lambda: open({file.name!r}).read())")


@pytest.mark.parametrize("folder", ["/", "/usr", "/usr/bin", "/etc", "/opt", "/dev", "/proc"])
def test_writing_outside(runner: Runner, folder: str) -> None:
    name = f"{folder.rstrip('/')}/sandbox-test"
    runner.held(f"attempt(lambda: open({name!r}, 'w'))")
    assert not Path(name).exists()


def test_writing_to_the_toolchain(runner: Runner) -> None:
    code = """
for path in (os.__file__, sys.executable, '/init.pyc', '/etc/passwd'):
    attempt(lambda: open(path, 'a'))
    attempt(os.chmod, path, 0o777)
    attempt(os.unlink, path)
"""
    runner.held(code, attempts=12)


def test_a_file_in_tmp_is_not_the_host_s(runner: Runner) -> None:
    assert runner.python("open('/tmp/sandbox-test', 'w').write('x')").status == "passed"
    assert not Path("/tmp/sandbox-test").exists()


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../../x", "a/./x", "", ".", "..", "a//x", "x\0y", "a/", "x" * 2000]
)
def test_names_that_lead_elsewhere(runner: Runner, name: str) -> None:
    assert runner.python("", files={name: "x"}).status == "refused"
    assert runner.python("", collect=(name,)).status == "refused"


def test_files_that_are_each_other_s_folder(runner: Runner) -> None:
    outcome = runner.python("", files={"a": "x", "a/b": "x"})
    assert outcome.status == "refused"
    assert "cannot be started" in outcome.reason


@pytest.mark.parametrize(
    "trick",
    [
        "os.symlink('/etc/passwd', 'out')",
        "os.symlink('main.py', 'out')",
        "os.mkfifo('out')",
        "os.mkdir('out')",
        "socket.socket(socket.AF_UNIX).bind('out')",
        "os.symlink('/proc/self/environ', 'out')",
        "open('out', 'w').close(); os.chmod('out', 0)",
    ],
)
def test_collecting_what_is_no_plain_file(runner: Runner, trick: str) -> None:
    outcome = runner.python(trick, collect=("out",))
    assert outcome.status == "passed", outcome
    assert not outcome.files


def test_collecting_through_a_linked_folder(runner: Runner) -> None:
    outcome = runner.python("os.symlink('/etc', 'sub')", collect=("sub/passwd",))
    assert (outcome.status, dict(outcome.files)) == ("passed", {})


def test_a_replaced_working_folder(runner: Runner) -> None:
    code = "os.rename('/tmp/work', '/tmp/w'); os.symlink('/etc', '/tmp/work')"
    outcome = runner.python(code, collect=("passwd",))
    assert (outcome.status, dict(outcome.files)) == ("passed", {})


def test_a_hard_link_to_the_toolchain(runner: Runner) -> None:
    runner.held("attempt(os.link, '/etc/passwd', 'out')", collect=("out",))


def test_the_root_of_process_1(runner: Runner) -> None:
    code = """
for name in ('root/etc', 'cwd/', 'environ', 'mem', 'fd', 'maps', 'map_files'):
    path = '/proc/1/' + name
    attempt(lambda: os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(1))
"""
    runner.held(code, attempts=7)


@pytest.mark.parametrize(
    "path",
    [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/hostname",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sysrq-trigger",
        "/proc/1/oom_score_adj",
        "/proc/1/mem",
        "/proc/self/uid_map",
    ],
)
def test_writing_to_proc(runner: Runner, path: str) -> None:
    code = f"""
def write():
    fd = os.open({path!r}, os.O_WRONLY)
    os.write(fd, b'1')
attempt(write)
"""
    runner.held(code)


@pytest.mark.parametrize("path", ["/proc/kcore", "/proc/kmsg", "/dev/mem", "/dev/sda", "/dev/kmsg"])
def test_reading_the_machine(runner: Runner, path: str) -> None:
    runner.held(f"attempt(lambda: open({path!r}, 'rb').read(1))")


def test_what_the_machine_was_started_with(runner: Runner) -> None:
    code = "for n in ('cmdline', 'keys'): attempt(lambda: open(f'/proc/{n}').read())"
    runner.held(code, attempts=2)


def test_no_other_process_is_seen(runner: Runner) -> None:
    outcome = runner.python("print([n for n in os.listdir('/proc') if n.isdigit()])")
    assert eval(outcome.stdout) == ["1", "2"]
