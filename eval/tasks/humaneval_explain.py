"""A function to be put into words, and the words into code again: HumanEvalExplain.

See :mod:`eval.octopack`. The description may be as long as the docstring that it stands for;
what goes beyond is cut, and so are lines of the solution that it copies. It passes when the
function written from it alone passes the tests. The answer's ``parts`` hold the description.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from eval import octopack
from eval.data import Data
from eval.types import Answer, ChatAsk, Grade, Message, Sample

if TYPE_CHECKING:
    from eval.door import Door

COPIED = 20
"""Characters; a longer line of the solution may not stand in the description."""


@dataclass(frozen=True, slots=True)
class HumanEvalExplain:
    name: str = "humaneval-explain"
    summary: str = "code into words and back, in two turns; executed (arXiv 2308.07124)"
    asks: Literal["chat"] = "chat"
    arms: Mapping[str, str] = field(
        default_factory=lambda: {"synthesize": "described, then written from the description"}
    )
    metrics: tuple[str, ...] = ("pass",)
    executes: bool = True

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        return [_sample(row) for row in data.rows(octopack.SOURCE)]

    async def answer(self, sample: Sample, door: Door) -> Answer:
        assert isinstance(sample.ask, ChatAsk)
        first = await door.chat(sample.ask)
        words = described(first.text, sample.extra["length"], sample.reference)
        instruction = "Write functional code in Python according to the description."
        second = await door.chat(octopack.asked(words, instruction, sample.extra["declaration"]))
        return replace(
            second,
            prompt_tokens=first.prompt_tokens + second.prompt_tokens,
            generated_tokens=first.generated_tokens + second.generated_tokens,
            seconds=first.seconds + second.seconds,
            parts=(words,),
        )

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        return octopack.grade(sample.extra, answer)


def described(text: str, length: int, solution: str) -> str:
    """``text`` cut to ``length`` characters, without lines copied from ``solution``."""
    text = text.strip()[:length].rstrip()
    for line in solution.split("\n"):
        if len(line.strip()) > COPIED:
            text = text.replace(line.strip(), "")
    return text


def _sample(row: Mapping[str, Any]) -> Sample:
    length = len(row["docstring"])
    question = (
        f"{row['declaration']}{row['canonical_solution']}\n"
        "Provide a concise natural language description of the code "
        f"using at most {length} characters."
    )
    ask = ChatAsk((Message("user", question),), octopack.MAX_TOKENS)
    extra = {**octopack.needed(row, row["declaration"]), "length": length}
    return Sample(row["task_id"], ask, row["canonical_solution"], extra, (row["docstring"],))


TASK = HumanEvalExplain()
