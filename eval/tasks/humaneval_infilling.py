"""A piece cut out of a HumanEval solution: one line, several, or a span of characters.

Bavarian et al. 2022, "Efficient Training of Language Models to Fill in the Middle" (arXiv
2207.14255; github.com/openai/human-eval-infilling). Passes when the program with the answer
in place passes HumanEval's tests.

The plain template's answers are not trimmed: a model that does not end an infilled piece by
itself (the embedded default) goes on past the hole, and scores a few percent. Where to stop
is the product's doing, and the difference between the two doors measures it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eval.data import PARQUET, Data, Source
from eval.execution import Program, execute
from eval.task import CompletionTask
from eval.types import Answer, CompletionAsk, Grade, Sample

MAX_TOKENS = 320
PUBLISHED = "github.com/openai/human-eval-infilling (data/)"
HUB = "loubnabnl/humaneval_infilling"


def _source(name: str) -> Source:
    """The repository's own branch holds a loading script."""
    # One file, whichever of its two names the converter gave it.
    pattern = f"HumanEval-{name}/*test*.parquet"
    return Source(f"HumanEval-{name}.jsonl.gz", PUBLISHED, HUB, pattern, PARQUET)


SOURCES = {
    "span-light": _source("RandomSpanInfillingLight"),
    "single": _source("SingleLineInfilling"),
    "multi": _source("MultiLineInfilling"),
    "span": _source("RandomSpanInfilling"),
}
ARMS = {
    "span-light": "a random span of each of the 164 solutions",
    "single": "one line",
    "multi": "several lines",
    "span": "ten random spans of each solution",
}


@dataclass(frozen=True, slots=True)
class HumanEvalInfilling(CompletionTask):
    name: str = "humaneval-infilling"
    summary: str = "a missing piece of a function; executed (arXiv 2207.14255)"
    arms: Mapping[str, str] = field(default_factory=lambda: ARMS)
    metrics: tuple[str, ...] = ("pass",)
    executes: bool = True

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        return [
            Sample(
                row["task_id"],
                CompletionAsk("solution.py", row["prompt"], row["suffix"], max_tokens=MAX_TOKENS),
                reference=row["canonical_solution"],
                extra={"test": row["test"], "entry": row["entry_point"]},
            )
            for row in data.rows(SOURCES[arm])
        ]

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        ask, entry = sample.ask, sample.extra["entry"]
        assert isinstance(ask, CompletionAsk)
        return execute(
            Program(
                solution=ask.prefix + answer.text + ask.suffix[answer.replaces :],
                checks=f"{sample.extra['test']}\ncheck(__solution__.{entry})\n",
                entry=entry,
            )
        )


TASK = HumanEvalInfilling()
