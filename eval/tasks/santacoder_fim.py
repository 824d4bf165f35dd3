"""One line cut out of a small program, in Python, Java or JavaScript: SantaCoder-FIM.

Ben Allal et al. 2023, "SantaCoder: don't reach for the stars!" (arXiv 2301.03988), from
MultiPL-E's translations of HumanEval. Scored by exact match of the line, white space around
it apart, as its authors do. One line is asked for, so of an answer only the first line with
anything on it counts, the plain template's and the product's alike: a model that was never
taught to end an infilled line would otherwise be measured on when it stops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eval.data import Data, Source
from eval.task import CompletionTask
from eval.types import Answer, CompletionAsk, Grade, Sample

SOURCE = Source(
    "santacoder_fim_singleline.jsonl.gz",
    "huggingface.co/datasets/bigcode/santacoder-fim-task",
    hub="bigcode/santacoder-fim-task",
    pattern="data/train-*.parquet",
)
FILES = {"py": "solution.py", "java": "Main.java", "js": "solution.js"}
MAX_TOKENS = 64


@dataclass(frozen=True, slots=True)
class SantaCoderFim(CompletionTask):
    name: str = "santacoder-fim"
    summary: str = "one missing line of a small program; exact match (arXiv 2301.03988)"
    arms: Mapping[str, str] = field(
        default_factory=lambda: {"py": "Python", "java": "Java", "js": "JavaScript"}
    )
    metrics: tuple[str, ...] = ("exact_match",)
    executes: bool = False

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        return [
            Sample(
                id=f"{row['language']}/{row['name']}",
                ask=_ask(FILES[arm], row["prompt"], row["suffix"]),
                reference=row["canonical_solution"],
            )
            for row in data.rows(SOURCE)
            if row["language"] == arm
        ]

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        line = first_line(answer.text)
        return Grade({"exact_match": float(line == sample.reference.strip())})


def _ask(path: str, prefix: str, suffix: str) -> CompletionAsk:
    """The records lack the line ends around the missing line, which every file has: the plain
    template is sent what the benchmark's authors send, an editor would show an empty line."""
    before, after = prefix.rstrip("\n") + "\n", "\n" + suffix.lstrip("\n")
    return CompletionAsk(path, before, after, max_tokens=MAX_TOKENS, published=(prefix, suffix))


def first_line(text: str) -> str:
    """The first line that has anything on it, without the white space around it."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


TASK = SantaCoderFim()
