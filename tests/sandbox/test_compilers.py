"""What a compiler takes for itself is not the program's, and no more than its language says."""

from __future__ import annotations

import pytest

from assistant.sandbox import Job, Limits, Outcome, run

BUSY = "import time\nwhile time.process_time() < {}: pass\n"
WRITES = "for n in 'abcdefgh'[:{}]: open('/tmp/' + n, 'wb').write(bytes(10 << 20))\n"


@pytest.fixture(autouse=True)
def _plugged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PLUGINS", "greedy_compiler")


def greedy(compiler: str, program: str) -> Outcome:
    limits = Limits(wall_seconds=1.0, cpu_seconds=0.5, disk_bytes=16 << 20)
    files = {"compile.py": compiler, "main.py": program}
    return run(Job("greedy", files, "main.py", limits=limits))


def test_a_compiler_has_disk_of_its_own() -> None:
    assert greedy(WRITES.format(3), "print('ran')").stdout == "ran\n"
    outcome = greedy(WRITES.format(6), "print('ran')")
    assert (outcome.status, outcome.reason) == ("failed", "it did not compile")
    assert "No space left" in outcome.stderr


def test_a_compiler_has_time_of_its_own() -> None:
    outcome = greedy(BUSY.format(1.5), "print('ran')")
    assert (outcome.status, outcome.stdout) == ("passed", "ran\n"), outcome
    assert outcome.usage.cpu_seconds >= 1.5


@pytest.mark.slow
def test_but_not_for_ever() -> None:
    outcome = greedy(BUSY.format(60), "print('ran')")
    assert (outcome.status, outcome.stdout) == ("timeout", "")
    assert "s for the compiler" in outcome.reason


@pytest.mark.parametrize("compiler", ["", BUSY.format(1.0)])
def test_what_it_leaves_of_its_time_is_not_the_programs(compiler: str) -> None:
    outcome = greedy(compiler, "print('ran', flush=True)\n" + BUSY.format(60))
    assert (outcome.status, outcome.stdout) == ("timeout", "ran\n")
    assert outcome.usage.cpu_seconds < 3.0


GO = """
package main

import ("encoding/json"; "fmt"; "net/http"; "os"; "regexp"; "sort")

func main() {
    words := regexp.MustCompile(`\\w+`).FindAllString("to be", -1)
    sort.Strings(words)
    text, _ := json.Marshal(words)
    fmt.Fprintln(os.Stdout, string(text), http.StatusOK)
}
"""


@pytest.mark.slow
def test_go_with_much_of_its_library_compiles_within_the_default_limits() -> None:
    outcome = run(Job("go", {"main.go": GO}, "main.go"))
    if outcome.status == "refused":
        pytest.skip(outcome.reason)
    assert (outcome.status, outcome.stdout) == ("passed", '["be","to"] 200\n'), outcome
