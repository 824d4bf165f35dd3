"""Writing tests for Go: each shown one was run by ``go test``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_control import FakeControl

from assistant.commands.catalogue.test import COMMAND
from assistant.commands.edits import applied
from assistant.commands.testing.golang.subject import grammar, imports_end, names_of, renamed
from assistant.commands.testing.trees import calls_in
from assistant.errors import UsageError
from assistant.sandbox import Job, Limits, Status, run, unavailable

Ask = Callable[..., Any]
Write = Callable[..., Path]

runs = pytest.mark.skipif(
    bool(unavailable()) or shutil.which("go") is None, reason="no sandbox or no Go here"
)

SIZES = """\
package sizes

import (
\t"errors"
\t"strings"
)

type Size struct{ Width, height int }

// Parse reads a size.
func Parse(text string, least int) (*Size, error) {
\tleft, right, found := strings.Cut(text, "x")
\tif !found {
\t\treturn nil, errors.New("no x in " + text)
\t}
\tif len(left) < least {
\t\tpanic("too small")
\t}
\treturn &Size{Width: len(left), height: len(right)}, nil
}

// Half of a number.
//
//\tHalf(3) // => 1
func Half(n int) int {
\treturn n - n/2
}
"""
EXISTING = 'package sizes\n\nimport "testing"\n\nfunc TestParse(t *testing.T) {}\n'


def on(text: str, before: str) -> str:
    return text.replace(before, f"|{before}", 1)


@runs
@pytest.mark.slow
async def test_tests_pass_and_fail_on_a_fault(
    root: Path, write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    write({"in/sizes.go": SIZES, "go.mod": "module me\n\ngo 1.21\n", "in/sizes_test.go": EXISTING})
    fake_engine.configure(default='"axbb", 0)\nParse("", 0)\nParse("x", 1)\nParse(2)\n```')
    answer = await COMMAND.run(ask("in/sizes.go", on(SIZES, "if !found")).job)
    path = root / "in" / "sizes_test.go"
    text = applied(EXISTING, [edit for edit in answer.edits if edit.path == path])
    assert text.startswith('package sizes\n\nimport "testing"\nimport "reflect"\n')
    assert "func TestParse2(t *testing.T) {\n" in text
    assert "if err != nil || !reflect.DeepEqual(got, &Size{" in text
    assert 'err == nil || err.Error() != "no x in ' in text
    assert "did not panic" in text
    files = {"go.mod": "module me\n\ngo 1.21\n", "in/sizes.go": SIZES, "in/sizes_test.go": text}
    limits = Limits(
        wall_seconds=200, cpu_seconds=60, memory_bytes=2 << 30, processes=256, disk_bytes=256 << 20
    )
    job = Job("go", files, "in/sizes_test.go", limits=limits)
    assert run(job).status is Status.PASSED
    assert {check.name for check in answer.checks if check.passed} == {
        "tests",
        "coverage",
        "mutants",
    }


@runs
@pytest.mark.slow
async def test_code_that_contradicts_its_comment_is_said_to_look_wrong(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    write({"sizes.go": SIZES})
    answer = await COMMAND.run(ask("sizes.go", on(SIZES, "return n - ")).job)
    assert answer.edits == ()
    assert "Half(3) gave 2, not 1" in answer.markdown
    assert not fake_engine.requests()


async def test_without_go_it_says_what_to_do(
    write: Write, ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write({"sizes.go": SIZES})
    asked = ask("sizes.go", on(SIZES, "if !found"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="install"):
        await COMMAND.run(asked.job)


def test_calls_are_read_out_of_what_a_model_writes() -> None:
    code = 'F(1, Size{Width: 2})\nfmt.Println(F(2))\nF(x)\nv := F("a")\nG(1)\n'
    code += "F(func(n int) int { return n })"
    assert calls_in(code, grammar(), ["F"], ["F", "fmt"]) == [
        "F(1, Size{Width: 2})",
        "F(2)",
        'F("a")',
        "F(func(n int) int { return n })",
    ]


def test_a_function_is_renamed_and_what_it_says_is_not() -> None:
    source = 'func F(n int) int {\n\tprintln("F")\n\treturn F(n - 1)\n}'
    assert renamed(source, "F", "G") == 'func G(n int) int {\n\tprintln("F")\n\treturn G(n - 1)\n}'


def test_the_names_of_a_file_are_read() -> None:
    assert {"Size", "Parse", "Half", "errors", "strings"} == set(names_of(SIZES))
    assert SIZES[imports_end(SIZES) :].startswith("\ntype Size")
