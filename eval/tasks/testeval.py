"""Unit tests for LeetCode solutions: TestEval, with mutation.

Wang et al. 2024, "TestEval: Benchmarking Large Language Models for Test Case Generation"
(arXiv 2406.04531; github.com/LLM4SoftwareTesting/TestEval). 210 Python programs. The prompts
are its ``prompt/system.txt``, ``template_base.txt`` and ``template_line.txt``. Where TestEval
asks for one test a turn, twenty turns long, the ``coverage`` arm asks for a whole pytest file
at once, as a user does, and begins the answer with the lines that the question asks it to
begin with: left to itself (``coverage-plain``) a small model copies the program first and gets
to no test. ``targeted-line`` is asked as there: one question a target line, with the program's
lines numbered. The ``command`` arm leaves it to the product's own command.

Scores are shares of the tests that an answer holds, then a mean over answers; none at all
is 0 everywhere.

- ``mutation``, the main one: mutants of the solution that a good test kills, of at most 15
  drawn by a fixed seed. Good is a test that passes, calls the method and checks something:
  only a right and strict test tells a fault from the original, so what is easy to get
  otherwise (running lines, asserting nothing) does not pay. A mutant that runs out of time is
  killed; one that cannot be imported is not counted; equivalent ones are not known and stay.
- ``assertion``: good tests. ``execution``: tests that run to their end or to an assertion,
  and call the method (so in TestEval's ``eval_overall.py``, which looks for the call in the
  text where this looks at what ran). ``syntax``: tests that parse. ``parses``: 1 when the
  whole answer does.
- ``line_coverage``, ``branch_coverage``: as there, by coverage.py without import lines, of
  all executed tests together: a wrong expectation after the call covers too.
- ``target``: whether an executed test reached the line that was asked for; in the
  ``coverage`` arm the share of the record's target lines that were reached (TestEval's
  baseline, ``eval_base.py``).

What is not seen: a test that calls the method and asserts something else (``n = 5`` and
``assert n == 5``) counts as good in ``assertion``; it kills no mutant. The first 20 tests of an
answer count; after four that run out of time the others are not tried.

Before scoring, a copy of the solution and an import of ``Solution`` from anywhere are taken
out of the answer, and ``from under_test import Solution`` is put in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError, UsageError
from assistant.sandbox.testing import Report, Suite, Target, code_of, measure, split
from eval.data import Data, DataError, Source
from eval.extraction import before_closing
from eval.instruct import COMMAND
from eval.task import ChatTask
from eval.types import Answer, ChatAsk, CommandAsk, Grade, Message, Sample

if TYPE_CHECKING:
    from assistant.sandbox.testing.measure import Runner

SOURCE = Source(
    "testeval_leetcode_py.jsonl.gz",
    "github.com/LLM4SoftwareTesting/TestEval (data/leetcode-py.jsonl, gzipped)",
)
MAX_TOKENS = 768
MUTANTS = 15
ARMS = {
    "coverage": "one test file for as much of the program as possible; its first lines given",
    "coverage-plain": "the same question, the answer left to the model",
    "targeted-line": "one test that reaches a given line; a question a line",
    **COMMAND,
}
EXCLUDED = (r"^\s*(import|from)\b",)
"""TestEval's .coveragerc counts no import line."""

SYSTEM = (
    "You are a professional who writes python test methods. You always respond with {what} "
    "without any natural language descriptions. Especially, Your answer should not include any "
    "quotation marks or descriptions outside the function definition{s}."
)
ABOUT = """\
Program under test:
----
{program}
----

Function description for '{function}':
----
{description}
----

"""
FIRST_LINES = """\
from under_test import Solution

def test_{function}_1():
    solution=Solution()
"""
OVERALL = (
    """\
Please write a pytest file with several test methods for the function '{function}' given the \
following program under test and function description. Each test method should only contain \
one test input. The test methods must be different from each other, and together should cover \
as many statements and branches as possible.

"""
    + ABOUT
    + """\
Your test file should begin with:
"""
    + FIRST_LINES
)
LINE = (
    """\
Please write a test method for the function '{function}' given the following program under \
test and function description. Your answer should only contain one test input.

"""
    + ABOUT
    + """\
Your test case must cover line {line}.
Your test method should begin with:
def test_{function}():
    solution=Solution()
"""
)


@dataclass(frozen=True, slots=True)
class TestEval(ChatTask):
    """``run`` is what runs a job; the sandbox unless a test brings its own."""

    __test__ = False  # not one of pytest's
    name: str = "testeval"
    summary: str = "Unit tests for LeetCode programs; coverage and mutants (Wang et al. 2024)"
    metrics: Sequence[str] = (
        "mutation",
        "assertion",
        "execution",
        "syntax",
        "parses",
        "line_coverage",
        "branch_coverage",
        "target",
    )
    executes: bool = True
    run: Runner | None = None

    @property
    def arms(self) -> Mapping[str, str]:
        return ARMS

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        if arm not in ARMS:
            raise UsageError(f"{self.name} has no arm {arm!r}: choose one of {', '.join(ARMS)}")
        rows = data.rows(SOURCE)
        try:
            if arm == "command":
                return [_command(row) for row in rows]
            if arm != "targeted-line":
                return [_sample(row, begin=arm == "coverage") for row in rows]
            return [_sample(row, line) for row in rows for line in row["target_lines"]]
        except (KeyError, TypeError, IndexError) as error:
            raise DataError(
                f"{SOURCE.file} lacks what the task needs ({error}): fetch it anew"
            ) from error

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        try:
            return self._grade(sample, answer)
        except AssistantError:
            raise
        except Exception as error:  # noqa: BLE001
            # Whatever a model may write that nobody thought of: an answer, not the run, is lost.
            words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            detail = f"not measured: {words}".encode(errors="replace").decode()
            return Grade(dict.fromkeys(self.metrics, 0.0), detail)

    def _grade(self, sample: Sample, answer: Answer) -> Grade:
        target = Target(
            sample.extra["program"],
            ("Solution",),
            entry=sample.extra["function"],
            exclude=EXCLUDED,
        )
        suite = split(_code(sample, answer), target.names, target.header)
        report = measure(target, suite, mutant_limit=MUTANTS, run=self.run)
        wanted = frozenset(sample.extra["lines"])
        scores = {
            "mutation": report.mutation_score,
            "assertion": _share(result.good for result in report.results),
            "execution": _share(result.executed for result in report.results),
            "syntax": _share(bool(case.node) for case in suite.cases),
            "parses": float(suite.parses and bool(suite.cases)),
            "line_coverage": report.line_coverage,
            "branch_coverage": report.branch_coverage,
            "target": len(wanted & report.lines) / len(wanted) if wanted else 0.0,
        }
        return Grade(scores, _detail(suite, report))


def _code(sample: Sample, answer: Answer) -> str:
    """The test file, with the lines that were begun for the model."""
    if isinstance(sample.ask, CommandAsk):
        return answer.text
    assert isinstance(sample.ask, ChatAsk)
    last = sample.ask.messages[-1]
    if last.role != "assistant" or answer.text.lstrip().startswith("```"):
        return code_of(answer.text)
    # A chat template drops the line end after what was begun; then the answer brings it.
    text = before_closing(answer.text)
    return code_of(last.content + ("" if text.startswith("\n") else "\n") + text)


def _share(verdicts: Any) -> float:
    found = list(verdicts)
    return sum(found) / len(found) if found else 0.0


def _detail(suite: Suite, report: Report) -> str:
    if not suite.cases:
        return "no test in the answer"
    counted = Counter(
        "vacuous" if result.vacuous else str(result.verdict) for result in report.results
    )
    tests = ", ".join(f"{number} {name}" for name, number in counted.most_common())
    said = f"{tests}; {report.killed}/{report.mutants} mutants killed"
    if report.fault:
        said += f"; {report.fault}"
    first = next((r for r in report.results if r.detail), None)
    return f"{said}; {first.case.name}: {first.detail}" if first else said


def _sample(row: Mapping[str, Any], line: int | None = None, begin: bool = False) -> Sample:
    program, function = row["python_solution"], row["func_name"]
    fields = {"function": function, "description": row["description"]}
    if line is None:
        system = SYSTEM.format(what="a python test file", s="s")
        text = OVERALL.format(program=program, **fields)
        lines, name = row["target_lines"], f"testeval/{row['task_num']}"
    else:
        system = SYSTEM.format(what="a python function", s="")
        source = program.split("\n")
        numbered = "\n".join(f"{number}. {text}" for number, text in enumerate(source, 1))
        text = LINE.format(program=numbered, line=f"{line}: {source[line - 1]}", **fields)
        lines, name = [line], f"testeval/{row['task_num']}/{line}"
    messages = [Message("system", system), Message("user", text)]
    if begin:
        first = FIRST_LINES.format(function=function).rstrip()
        messages.append(Message("assistant", f"```python\n{first}"))
    return Sample(
        name,
        ChatAsk(tuple(messages), MAX_TOKENS),
        extra={"program": program, "function": function, "lines": lines},
        texts=(row["description"],),
    )


def _command(row: Mapping[str, Any]) -> Sample:
    """The program as a file of its own with the cursor on its class; the description, which the
    other arms' question holds, comes as material."""
    program, name = row["python_solution"], f"testeval/{row['task_num']}"
    about = f"{row['func_name']}: {row['description']}"
    return Sample(
        name,
        CommandAsk(
            "test",
            "solution.py",
            program,
            program.index("class Solution"),
            (("description", about),),
        ),
        extra={
            "program": program,
            "function": row["func_name"],
            "lines": row["target_lines"],
        },
        texts=(row["description"],),
    )


TASK = TestEval()
