"""CrossCodeEval, Python: the rest of a line that needs another file's names.

Ding et al. 2023, arXiv 2310.11248; github.com/amazon-science/cceval. The cursor stands
mostly behind a dot; the records bring chunks of other files, retrieved by what precedes the
cursor, so the ``chunks`` arm measures how a prompt shows them and not a retriever.

An answer is cut to as many lines as its reference has, which is one in nearly every record,
and both lose their comments. cceval cuts after the first whole statement instead, which
needs a file that parses up to the cursor; for a reference of one line the two differ only
where the model breaks a line inside brackets. Published figures for infilling models
(Qwen2.5-Coder: 22.7 exact match, 66.2 edit similarity at 0.5B) use chunks that were
retrieved with the answer in the query, and all of the benchmark: they are a ceiling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.errors import UsageError
from assistant.syntax.language import by_name
from assistant.types import Snippet, SnippetKind
from eval.data import Data, DataError, Source
from eval.metrics.comments import without_comments
from eval.metrics.edit_similarity import indel_ratio
from eval.metrics.exact_match import lines, same_lines
from eval.metrics.identifiers import identifiers, match, overlap
from eval.task import CompletionTask
from eval.types import Answer, CompletionAsk, Grade, Sample

# The hub has copies of all 2,665 records, which would be another benchmark than these.
SOURCE = Source(
    "crosscodeeval_python_100.jsonl.gz",
    "github.com/amazon-science/cceval (crosscodeeval_data.tar.xz; 100 records of "
    "python/line_completion_rg1_bm25.jsonl)",
)
MAX_TOKENS = 64
ARMS = {
    "in-file": "the file before and after the cursor",
    "left-only": "the file before the cursor, without a fill-in-the-middle template",
    "chunks": "the file, and the chunks of other files that the record brings",
}


@dataclass(frozen=True, slots=True)
class CrossCodeEval(CompletionTask):
    name: str = "crosscodeeval"
    summary: str = "Rest of a line that needs another file's names; Python (Ding et al. 2023)"
    metrics: Sequence[str] = (
        "exact_match",
        "edit_similarity",
        "identifier_match",
        "identifier_f1",
    )
    executes: bool = False

    @property
    def arms(self) -> Mapping[str, str]:
        return ARMS

    def samples(self, data: Data, arm: str) -> Sequence[Sample]:
        if arm not in ARMS:
            raise UsageError(f"{self.name} has no arm {arm!r}: choose one of {', '.join(ARMS)}")
        try:
            return [_sample(row, arm) for row in data.rows(SOURCE)]
        except (KeyError, TypeError) as error:
            raise DataError(
                f"{SOURCE.file} lacks what the task needs ({error}): fetch it anew"
            ) from error

    def grade(self, sample: Sample, answer: Answer) -> Grade:
        assert isinstance(sample.ask, CompletionAsk)
        python = by_name("python")
        # What the answer replaces of the suffix, it has to bring as well.
        expected = sample.reference + sample.ask.suffix[: answer.replaces]
        written = without_comments(same_lines(answer.text, expected), python)
        expected = without_comments(expected, python)
        exact = lines(written, expected)
        names, expected_names = identifiers(written, python), identifiers(expected, python)
        return Grade(
            {
                "exact_match": exact,
                "edit_similarity": indel_ratio(written, expected),
                "identifier_match": match(names, expected_names),
                "identifier_f1": overlap(names, expected_names).f1,
            },
            "" if exact else f"wrote {written.strip()!r}, expected {expected.strip()!r}",
        )


def _sample(row: Mapping[str, Any], arm: str) -> Sample:
    left_only = arm == "left-only"
    ask = CompletionAsk(
        path=row["metadata"]["file"],
        prefix=row["prompt"],
        suffix="" if left_only else row["right_context"],
        snippets=_chunks(row["crossfile_context"]["list"]) if arm == "chunks" else (),
        max_tokens=MAX_TOKENS,
        left_only=left_only,
    )
    extra = {"repository": row["metadata"]["repository"]}
    return Sample(row["metadata"]["task_id"], ask, row["groundtruth"], extra)


def _chunks(found: Sequence[Mapping[str, Any]]) -> tuple[Snippet, ...]:
    """In the record's order, the best first; where in its file a chunk stands is not known."""
    return tuple(
        Snippet(
            path=chunk["filename"],
            start_line=0,
            end_line=len(chunk["retrieved_chunk"].splitlines()),
            text=chunk["retrieved_chunk"],
            kind=SnippetKind.SIMILAR,
            score=float(chunk["score"]),
            why="supplied by the benchmark",
        )
        for chunk in found
    )


TASK = CrossCodeEval()
