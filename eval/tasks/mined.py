"""Holes mined from a repository (``assistant eval mine``): names of other files are needed.

``ASSISTANT_MINED``, or ``--mined``, names the set; else it is ``mined.jsonl`` in the data
folder, else the public set (:mod:`eval.public`). The workspace of each question is a copy of
its repository without any hole's text (:mod:`eval.mining.masking`). A line's answer is
scored by its first line, the others whole. ``names`` is the share of the target's names from
other files that the answer has.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assistant.errors import UsageError
from assistant.syntax import by_name
from eval.data import Data
from eval.metrics.edit_similarity import indel_ratio
from eval.metrics.exact_match import same_lines
from eval.metrics.identifiers import identifiers, overlap
from eval.mining.masking import Hole, masked
from eval.mining.records import load
from eval.types import Answer, CompletionAsk, Grade, Sample

if TYPE_CHECKING:
    from eval.door import Door

ARMS = {
    "line": "the rest of a line, or a whole one",
    "block": "the last 2 to 10 lines of a block",
    "function": "a function's body",
    "all": "all of these",
}
TOKENS = {"line": 64, "block": 256, "function": 512}


@dataclass(frozen=True, slots=True)
class Mined:
    name: str = "mined"
    summary: str = "Lines, blocks and functions of a repository that use its other files' names"
    asks: Literal["completion", "chat"] = "completion"
    metrics: Sequence[str] = ("exact_match", "edit_similarity", "identifier_f1", "names")
    executes: bool = False

    @property
    def arms(self) -> Mapping[str, str]:
        return ARMS

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        if arm not in ARMS:
            raise UsageError(f"{self.name} has no arm {arm!r}: choose one of {', '.join(ARMS)}")
        path = _set_file(data)
        return [
            _sample(hole, tree.root)
            for tree in masked(load(path), path.parent)
            for hole in tree.holes
            if arm in ("all", hole.target.kind)
        ]

    async def answer(self, sample: Sample, door: Door) -> Answer:
        assert isinstance(sample.ask, CompletionAsk)
        return await door.complete(sample.ask)

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        assert isinstance(sample.ask, CompletionAsk)
        # What the answer replaces of the suffix, it has to bring as well.
        expected = sample.reference + sample.ask.suffix[: answer.replaces]
        line = sample.extra["kind"] == "line"
        written = same_lines(answer.text, expected) if line else answer.text
        language = by_name(sample.extra["language"])
        found = identifiers(written, language)
        names = sample.extra["names"]
        exact = float(_trimmed(written) == _trimmed(expected))
        return Grade(
            {
                "exact_match": exact,
                "edit_similarity": indel_ratio(written, expected),
                "identifier_f1": overlap(found, identifiers(expected, language)).f1,
                "names": len(set(names) & set(found)) / max(1, len(set(names))),
            },
            ""
            if exact
            else f"wrote {written.strip()[:200]!r}, expected {expected.strip()[:200]!r}",
        )


def _set_file(data: Data) -> Path:
    named = os.environ.get("ASSISTANT_MINED", "")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise UsageError(f"{path} is not there: `assistant eval mine PATH -o FILE` makes one")
        return path
    if data.folder is not None and (path := data.folder / "mined.jsonl").is_file():
        return path
    from assistant.cli.output import err
    from eval.public.build import built

    return built(lambda said: err().print(said, markup=False))


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _sample(hole: Hole, root: Path) -> Sample:
    target = hole.target
    ask = CompletionAsk(
        path=target.path,
        prefix=hole.prefix,
        suffix=hole.suffix,
        root=root,
        max_tokens=TOKENS[target.kind],
    )
    extra = {"kind": target.kind, "language": target.language, "names": target.names}
    return Sample(target.id, ask, hole.text, extra)


TASK = Mined()
