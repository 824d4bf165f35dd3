"""``assistant do`` and ``assistant chat`` as programs, with the fake engine."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_control import FakeControl
from terminal_screen import screen

pytestmark = pytest.mark.slow

STUB = 'def double(n):\n    """double(2) == 4"""\n    ...\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    (folder / "numbers_.py").write_text(STUB)
    return folder


def assistant(*arguments: str, cwd: Path, expect: int = 0, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        input=stdin,
        timeout=120,
    )
    assert done.returncode == expect, done.stderr
    return done.stdout if not expect else done.stderr


def do(root: Path, *arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(assistant("do", *arguments, "--json", cwd=root))
    return answer


def test_a_command_prints_what_it_would_change(fake_engine: FakeControl, root: Path) -> None:
    fake_engine.configure(default="\n    return n * 2\n```\n")
    answer = do(root, "implement", "numbers_.py", "--line", "0")
    [edit] = answer["edits"]
    assert edit["path"] == str(root / "numbers_.py")
    assert edit["range"]["start"]["line"] == 1
    assert "return n * 2" in edit["text"]
    assert {check["name"]: check["passed"] for check in answer["checks"]} == {
        "parses": True,
        "names": True,
        "examples": True,
    }
    assert (root / "numbers_.py").read_text() == STUB


def test_apply_writes_it(fake_engine: FakeControl, root: Path) -> None:
    fake_engine.configure(default="\n    return n * 2\n```\n")
    do(root, "implement", "numbers_.py", "--apply")
    assert (root / "numbers_.py").read_text() == STUB.replace("...", "return n * 2")


def test_line_ends_stay_when_it_is_written(fake_engine: FakeControl, root: Path) -> None:
    (root / "numbers_.py").write_bytes(STUB.replace("\n", "\r\n").encode())
    fake_engine.configure(default="\n    m = n\n    return m * 2\n```\n")
    do(root, "implement", "numbers_.py", "--apply")
    expected = STUB.replace("...", "m = n\n    return m * 2").replace("\n", "\r\n")
    assert (root / "numbers_.py").read_bytes() == expected.encode()


def test_what_is_no_text_is_not_written(fake_engine: FakeControl, root: Path) -> None:
    data = STUB.encode() + b"# \xff\n"
    (root / "numbers_.py").write_bytes(data)
    fake_engine.configure(default="\n    return n * 2\n```\n")
    said = assistant("do", "implement", "numbers_.py", "--line", "1", "--apply", cwd=root, expect=2)
    assert "no UTF-8 text" in said
    assert (root / "numbers_.py").read_bytes() == data


def test_an_unsaved_buffer_is_not_written_over_the_file(
    fake_engine: FakeControl, root: Path
) -> None:
    fake_engine.configure(default="\n    return n * 2\n```\n")
    buffer = root / "buffer"
    buffer.write_text("# new\n" + STUB)
    arguments = ("implement", "numbers_.py", "--line", "1", "--unsaved", "buffer", "--apply")
    said = assistant("do", *arguments, cwd=root, expect=2)
    assert "nothing was written" in said
    assert (root / "numbers_.py").read_text() == STUB


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("do", "nothing", "numbers_.py"), "no command named 'nothing'"),
        (("do", "implement", "absent.py"), "there is no such file"),
        (("do", "implement", "numbers_.py", "--material", "x"), "KIND=FILE"),
        (("chat", "--json"), "give it on the command line"),
        (("chat", "--resume", "nope", "hello"), "no conversation 'nope'"),
    ],
)
def test_misuse_is_one_line(
    fake_engine: FakeControl, root: Path, arguments: tuple[str, ...], expected: str
) -> None:
    said = assistant(*arguments, cwd=root, expect=2)
    assert expected in said
    assert said.count("\n") == 1


def test_one_question_has_one_answer_and_can_be_gone_on_with(
    fake_engine: FakeControl, root: Path
) -> None:
    fake_engine.configure(default="Forty-two, see numbers_.py:1.")
    first = json.loads(assistant("chat", "What is", "@numbers_.py?", "--json", cwd=root))
    assert first["citations"] == ["numbers_.py:1"]
    again = json.loads(assistant("chat", "--resume", "last", "and?", "--json", cwd=root))
    assert again["conversation"] == first["conversation"]
    assert "What is @numbers_.py?" in json.dumps(fake_engine.requests()[-1]["messages"])
    [listed] = json.loads(assistant("chat", "--list", "--json", cwd=root))
    assert (listed["turns"], listed["title"]) == (4, "What is @numbers_.py?")


def test_diagnostics_and_tests_are_found_in_the_terminal(
    fake_engine: FakeControl, root: Path
) -> None:
    fake_engine.configure(default="Fix it.")
    (root / "test_numbers.py").write_text(
        "import os\nfrom numbers_ import double\n\ndef test_double():\n    assert double(2) == 4\n"
    )
    assistant("chat", "Why @diagnostics and @tests?", "--json", cwd=root)
    asked = fake_engine.requests()[-1]["messages"][-1]["content"]
    assert "test_numbers.py:1: 'os' imported but unused" in asked
    assert "FAILED test_numbers.py::test_double: test_numbers.py:5: assert None == 4" in asked


def test_an_error_does_not_end_a_talk(fake_engine: FakeControl, root: Path) -> None:
    fake_engine.configure(default="Yes.")
    said = assistant("chat", cwd=root, stdin="@absent.py?\nreally?\n")
    assert "Yes." in said


@pytest.mark.parametrize("word", ["y", ""])
def test_an_edit_in_a_talk_is_written_after_a_yes(
    fake_engine: FakeControl, root: Path, word: str
) -> None:
    fake_engine.configure(default="\n    return n * 2\n```\n")
    with _talk(root) as (process, leader, seen):
        os.write(leader, b"/implement @numbers_.py:1\n")
        fake_engine.wait_for(lambda: b"write this? [y/N]" in seen, 60)
        assert (root / "numbers_.py").read_text() == STUB
        os.write(leader, f"{word}\n".encode())
        fake_engine.wait_for(lambda: b"written" in seen)
        os.write(leader, b"\x04")
        assert process.wait(60) == 0
    written = STUB.replace("...", "return n * 2")
    assert (root / "numbers_.py").read_text() == (written if word else STUB)


def test_ctrl_c_stops_the_answer_and_not_the_program(fake_engine: FakeControl, root: Path) -> None:
    fake_engine.configure(default="word " * 200, chunk_delay_ms=50, chunks=True)
    with _talk(root) as (process, leader, seen):
        os.write(leader, b"tell me\n")
        fake_engine.wait_for(lambda: len(fake_engine.events("chunk")) > 3)
        process.send_signal(signal.SIGINT)
        fake_engine.wait_for(fake_engine.aborted)
        fake_engine.wait_for(lambda: b"stopped" in seen)
        # What had come stays.
        assert any("word word" in line for line in screen(seen.decode()))
        fake_engine.configure(
            default="*Still* here:\n\n```python\nx = 1\n```", chunk_delay_ms=0, thinks="let me\nsee"
        )
        os.write(leader, b"and now?\n")
        fake_engine.wait_for(lambda: b"Still" in seen and seen.endswith(b"> "))
        shown = seen[seen.index(b"and now?") :]
        # Rendered, and the thoughts as one line.
        assert b"*" not in shown
        assert b"```" not in shown
        assert "thought for 0 s · /thoughts shows it".encode() in shown
        assert b"let me" not in shown
        os.write(leader, b"/thoughts\n")
        fake_engine.wait_for(lambda: b"let me" in seen and b"see" in seen)
        os.write(leader, b"/help\n")
        fake_engine.wait_for(lambda: b"/explain" in seen and b"/quit or /exit" in seen)
        os.write(leader, b"/quit\n")
        assert process.wait(60) == 0


def test_ctrl_c_ends_a_single_question_without_a_traceback(
    fake_engine: FakeControl, root: Path
) -> None:
    fake_engine.configure(default="word " * 200, chunk_delay_ms=50, chunks=True)
    with _talk(root, "tell me") as (process, _, seen):
        fake_engine.wait_for(lambda: len(fake_engine.events("chunk")) > 3)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert b"Traceback" not in seen


def test_an_answer_does_not_steer_the_terminal(fake_engine: FakeControl, root: Path) -> None:
    fake_engine.configure(
        default="a[:100:] \x1b]0;mine\x07\x1b[2J\x9b1m :x: *end*", thinks="hm \x1b[2J"
    )
    said = assistant("chat", "tell me", cwd=root)
    # What is no terminal gets the text as it is, without the thoughts.
    assert said == "a[:100:] ]0;mine[2J1m :x: *end*\n"


def test_a_command_in_a_chat_has_its_edits_and_checks_in_json(
    fake_engine: FakeControl, root: Path
) -> None:
    fake_engine.configure(default="\n    return n * 2\n```\n")
    said = json.loads(assistant("chat", "--json", "/implement @numbers_.py:1", cwd=root))
    done = do(root, "implement", "numbers_.py")
    assert said["edits"] == done["edits"] != []
    assert said["checks"] == done["checks"] != []


@contextlib.contextmanager
def _talk(root: Path, *message: str) -> Iterator[tuple[subprocess.Popen[bytes], int, bytearray]]:
    """`assistant chat` in a terminal: the process, the terminal, and what it has shown."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "assistant", "chat", *message]
    process = subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, cwd=root)
    os.close(follower)
    seen = bytearray()
    # Somebody must read: a terminal that is full stops the program.
    threading.Thread(target=_drain, args=(leader, seen), daemon=True).start()
    try:
        yield process, leader, seen
    finally:
        process.kill()
        process.wait()


def _drain(leader: int, seen: bytearray) -> None:
    with contextlib.suppress(OSError):  # the other end has closed
        while True:
            seen += os.read(leader, 4096)
