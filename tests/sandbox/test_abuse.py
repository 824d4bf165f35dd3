"""Programs that take more than they were given, and programs that try to stay."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import psutil
import pytest
from sandbox_runner import Runner

from assistant.sandbox import Outcome, Status

MIB = 1 << 20


def processes_named(mark: str) -> list[psutil.Process]:
    """Processes of this machine with ``mark`` among their arguments."""
    found = []
    for process in psutil.process_iter():
        try:
            if any(mark in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def nothing_left(runner: Runner, code: str, **job: Any) -> Outcome:
    """Run ``code``; no process of it, nor of its sandbox, is alive right afterwards."""
    mark = uuid.uuid4().hex
    outcome = runner.python(code, arguments=(mark,), **job)
    assert not processes_named(mark)
    return outcome


# Processes.


@pytest.mark.slow
def test_a_fork_bomb(runner: Runner) -> None:
    code = """
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
    outcome = nothing_left(runner, code, limits={"processes": 20, "wall_seconds": 1.0})
    assert outcome.status in ("timeout", "killed"), outcome
    assert outcome.usage.processes <= 21


def test_one_process_too_many(runner: Runner) -> None:
    code = """
children = 0
try:
    for _ in range(50):
        if os.fork() == 0:
            time.sleep(60)
        children += 1
except OSError:
    print(children)
"""
    outcome = nothing_left(runner, code, limits={"processes": 10})
    assert outcome.status in ("passed", "killed"), outcome
    assert outcome.usage.processes <= 11


def test_a_thread_bomb(runner: Runner) -> None:
    code = """
threads = 0
try:
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        threads += 1
except RuntimeError:
    print(threads, flush=True)
    os._exit(0)
"""
    outcome = nothing_left(runner, code, limits={"processes": 16})
    assert outcome.status == "killed" or int(outcome.stdout) <= 16, outcome


DAEMONS = {
    "a child": "if os.fork() == 0: time.sleep(60)",
    "a double fork": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in (0, 1, 2):
            os.close(fd)
        os.chdir('/')
        time.sleep(60)
    os._exit(0)
""",
    "nohup": """
import subprocess
subprocess.Popen(['nohup', sys.executable, '-c', 'import time; time.sleep(60)', sys.argv[1]],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
""",
    "deaf to signals": """
import signal
if os.fork() == 0:
    for number in set(range(1, 32)) - {9, 19}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(60)
""",
    "ever forking": """
if os.fork() == 0:
    while True:
        if os.fork():
            os._exit(0)
""",
    "threads": "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
}


@pytest.mark.parametrize("daemon", DAEMONS)
def test_what_would_stay(runner: Runner, daemon: str) -> None:
    outcome = nothing_left(runner, DAEMONS[daemon])
    assert outcome.status == "passed", outcome


# Time.


@pytest.mark.slow
def test_an_endless_loop(runner: Runner) -> None:
    outcome = nothing_left(runner, "while True: pass", limits={"cpu_seconds": 0.5})
    assert outcome.status == "timeout"
    assert "CPU" in outcome.reason
    assert outcome.usage.cpu_seconds >= 0.5


@pytest.mark.slow
def test_cpu_time_of_many_processes_together(runner: Runner) -> None:
    code = """
for _ in range(5):
    if os.fork() == 0:
        end = time.process_time() + 0.3
        while time.process_time() < end:
            pass
        os._exit(0)
for _ in range(5):
    os.wait()
"""
    outcome = nothing_left(runner, code, limits={"cpu_seconds": 0.8})
    assert (outcome.status, "CPU" in outcome.reason) == ("timeout", True), outcome


@pytest.mark.slow
def test_cpu_time_of_children_that_nobody_waits_for(runner: Runner) -> None:
    code = """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(12):
    if os.fork() == 0:
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass
        os._exit(0)
    try:
        os.wait()
    except ChildProcessError:
        pass
"""
    outcome = nothing_left(runner, code, limits={"cpu_seconds": 0.8})
    assert (outcome.status, "CPU" in outcome.reason) == ("timeout", True), outcome
    assert outcome.usage.cpu_seconds > 0.8


@pytest.mark.parametrize(
    "code",
    [
        "time.sleep(60)",
        "sys.stdin.close(); sys.stdout.close(); os.close(2); time.sleep(60)",
        "import signal; signal.signal(15, signal.SIG_IGN); signal.alarm(0); time.sleep(60)",
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(60)",
        "os.kill(os.getpid(), 19)",
    ],
)
def test_sleeping_past_the_wall_time(runner: Runner, code: str) -> None:
    outcome = nothing_left(runner, code, limits={"wall_seconds": 0.3})
    assert outcome.status == "timeout", outcome
    assert outcome.exit_code is None
    assert outcome.usage.wall_seconds >= 0.3


# Memory.


@pytest.mark.slow
def test_a_memory_bomb(runner: Runner) -> None:
    outcome = nothing_left(runner, "x = []\nwhile True: x.append(bytearray(1 << 20))")
    assert outcome.status in ("failed", "killed"), outcome
    assert outcome.usage.memory_bytes <= 300 * MIB


@pytest.mark.slow
def test_memory_of_many_processes_together(runner: Runner) -> None:
    code = """
for _ in range(6):
    if os.fork() == 0:
        x = b'x' * (60 << 20)
        time.sleep(60)
time.sleep(60)
"""
    outcome = nothing_left(runner, code)
    assert (outcome.status, "memory" in outcome.reason) == ("killed", True), outcome


def test_what_forked_processes_share_counts_once(runner: Runner) -> None:
    code = """
x = bytearray(120 << 20)
for _ in range(5):
    if os.fork() == 0:
        time.sleep(0.3)
        os._exit(0)
for _ in range(5):
    os.wait()
"""
    assert runner.python(code).status == "passed"


@pytest.mark.slow
def test_page_tables(runner: Runner) -> None:
    code = """
import mmap
for _ in range(40):
    held = mmap.mmap(-1, 64 << 30, flags=mmap.MAP_PRIVATE | 0x4020, prot=mmap.PROT_READ)
    for at in range(0, 64 << 30, 2 << 20):
        held[at]
    globals()[f'held{_}'] = held
"""
    outcome = nothing_left(runner, code)
    assert (outcome.status, "memory" in outcome.reason) == ("killed", True), outcome


@pytest.mark.slow
def test_sockets_full_of_what_nobody_reads(runner: Runner) -> None:
    code = """
held = []
def fill():
    for _ in range(240):
        pair = socket.socketpair()
        held.append(pair)
        pair[0].setblocking(False)
        try:
            while True:
                pair[0].send(bytes(65536))
        except BlockingIOError:
            pass
for _ in range(8):
    if os.fork() == 0:
        fill()
        time.sleep(60)
time.sleep(60)
"""
    outcome = nothing_left(runner, code)
    assert (outcome.status, "sockets" in outcome.reason) == ("killed", True), outcome


def test_named_shared_memory_is_there_and_is_sized(runner: Runner) -> None:
    code = """
from multiprocessing import shared_memory
memory = shared_memory.SharedMemory(create=True, size=1000)
memory.buf[0] = 7
print(memory.buf[0])
memory.close(); memory.unlink()
attempt(lambda: os.posix_fallocate(os.open('/dev/shm/x', os.O_RDWR | os.O_CREAT), 0, 9 << 20))
"""
    limits = {"disk_bytes": 8 * MIB}
    assert runner.held(code, limits=limits).stdout.startswith("7\n")


HIDDEN = {
    "memfd": "attempt(lambda: os.memfd_create('x'))",
    "shared anonymous": "import mmap; attempt(lambda: mmap.mmap(-1, 1 << 20))",
    "/dev/zero": "attempt(lambda: open('/dev/zero', 'rb'))",
}


@pytest.mark.parametrize("way", HIDDEN)
def test_memory_that_no_process_would_own(runner: Runner, way: str) -> None:
    runner.held(HIDDEN[way])


# The disk.

WRITE_MANY = """
def write(folder):
    for i in range(99):
        open(f'{folder}/{i}', 'wb', 0).write(bytes(1 << 20))
"""
FILLING = {
    "one file": "attempt(lambda: [f.write(bytes(1 << 20)) for f in [open('x', 'wb', 0)] * 100])",
    "many files": "attempt(write, '.')",
    "/dev/shm": "attempt(write, '/dev/shm')",
    "/tmp": "attempt(write, '/tmp')",
    "the home folder": "attempt(write, '/tmp/home')",
    "reserving": "attempt(os.posix_fallocate, os.open('x', os.O_RDWR | os.O_CREAT), 0, 99 << 20)",
    "a hole": "attempt(os.truncate, 'main.py', 1 << 40)",
}


@pytest.mark.parametrize("way", FILLING)
def test_filling_the_disk(runner: Runner, way: str) -> None:
    limits = {"disk_bytes": 8 * MIB, "file_bytes": 4 * MIB}
    # A short write is no error, so that each may need several; the total is what counts.
    code = (
        WRITE_MANY
        + FILLING[way]
        + """
total = sum(os.stat(os.path.join(root, name)).st_blocks * 512
            for root, _, names in os.walk('/tmp') for name in names)
print(total <= 8 << 20)
"""
    )
    outcome = runner.python(code, limits=limits)
    assert outcome.stdout.endswith("True\n"), outcome


def test_filling_it_with_names(runner: Runner) -> None:
    code = """
for i in range(10_000_000):
    os.symlink('x' * 2000, f'/tmp/{i}')
"""
    outcome = nothing_left(runner, code)
    assert outcome.status in ("killed", "failed"), outcome
    assert "files" in outcome.reason or "No space" in outcome.stderr


def test_a_file_of_more_than_its_limit(runner: Runner) -> None:
    code = """
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
f = open('x', 'wb', 0)
while True: f.write(bytes(65536))
"""
    outcome = runner.python(code, limits={"file_bytes": MIB})
    assert (outcome.status, "file" in outcome.reason) == ("killed", True)


# Output.


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_endless_output(runner: Runner, stream: str) -> None:
    code = f"while True: sys.{stream}.write('x' * 1000)"
    outcome = nothing_left(runner, code, limits={"output_bytes": 1000})
    assert (outcome.status, "output" in outcome.reason) == ("killed", True), outcome
    assert getattr(outcome, stream) == "x" * 1000


def test_endless_output_of_a_daemon(runner: Runner) -> None:
    code = "if os.fork() == 0:\n    while True: os.write(1, b'y' * 4096)\nos.wait()"
    assert nothing_left(runner, code, limits={"output_bytes": 1000}).status == "killed"


def test_output_over_the_limit_is_cut_and_no_fault(runner: Runner) -> None:
    outcome = runner.python("print('x' * 5000)", limits={"output_bytes": 1000})
    assert (outcome.status, len(outcome.stdout)) == ("passed", 1000)


def test_output_that_looks_like_a_report(runner: Runner) -> None:
    code = """
for fd in range(64):
    try:
        os.write(fd, b'started\\nended 0 0 0 0 0 \\n')
    except OSError:
        pass
sys.exit(3)
"""
    outcome = runner.python(code)
    assert (outcome.status, outcome.exit_code) == ("failed", 3)


def test_too_many_open_files(runner: Runner) -> None:
    code = """
held = []
def fill():
    while True:
        held.append(os.open('/dev/null', os.O_RDONLY))
attempt(fill)
"""
    runner.held(code)


# Ends.


@pytest.mark.parametrize("code", [0, 1, 2, 127, 128, 137, 143, 255])
def test_exit_statuses_are_only_numbers(runner: Runner, code: int) -> None:
    outcome = runner.python(f"sys.exit({code})")
    assert (outcome.status, outcome.exit_code) == ("failed" if code else "passed", code)


@pytest.mark.parametrize("number", [1, 6, 9, 11, 15, 31])
def test_ends_by_signal(runner: Runner, number: int) -> None:
    code = f"import signal\nif {number} != 9: signal.signal({number}, signal.SIG_DFL)\n"
    outcome = runner.python(f"{code}os.kill(os.getpid(), {number}); time.sleep(5)")
    assert (outcome.status, outcome.exit_code) == (Status.KILLED, None), outcome
    assert "SIG" in outcome.reason


def test_arguments_too_long_for_the_kernel(runner: Runner) -> None:
    outcome = runner.python("", arguments=("x" * 4_000_000,))
    assert outcome.status == "refused"
    assert "too long" in outcome.reason


@pytest.mark.slow
def test_a_bomb_beside_a_good_program(runner: Runner) -> None:
    if runner.way != "this user":
        pytest.skip("the other user's runner takes one job at a time")
    bombs = ["while True: pass", "x = []\nwhile True: x.append(bytes(1 << 20))"]
    limits = {"wall_seconds": 1.0, "processes": 8}
    threads = [
        threading.Thread(target=runner.python, args=(code,), kwargs={"limits": limits})
        for code in bombs
    ]
    for thread in threads:
        thread.start()
    assert runner.python("print(6 * 7)").stdout == "42\n"
    for thread in threads:
        thread.join()
