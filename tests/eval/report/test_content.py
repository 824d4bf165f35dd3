"""What the report says of the runs that it is given."""

from __future__ import annotations

from pathlib import Path

from eval_results import record, result

from eval.report.content import EXAMPLES, sections
from eval.results import Model, Options, Result


def named(*results: Result) -> list[tuple[Path, Result]]:
    return [(Path(f"{at}.json"), one) for at, one in enumerate(results)]


def a_run(scores: list[float], **others: object) -> Result:
    records = [record(f"r/{i}", exact_match=s) for i, s in enumerate(scores)]
    return result(records, **others)  # type: ignore[arg-type]


def test_runs_are_grouped_by_task_and_numbered() -> None:
    found = sections(
        named(a_run([1], task="b"), a_run([1], task="a"), a_run([0], task="a", arm="other"))
    )
    assert [section.task for section in found] == ["a", "b"]
    assert [run.number for section in found for run in section.runs] == [1, 2, 3]
    assert [run.file for run in found[0].runs] == ["2.json", "1.json"]


def test_doors_are_paired_for_one_arm_and_model() -> None:
    other = Model(name="large")
    (section,) = sections(
        named(
            a_run([1, 1], through="lsp"),
            a_run([0, 1], through="product"),
            a_run([0, 0], through="raw"),
            a_run([0, 0], through="raw", model=other),
            a_run([0, 0], through="product", arm="other"),
        )
    )
    doors = [(p.first.result.through, p.second.result.through) for p in section.pairs]
    assert doors == [("raw", "product"), ("raw", "lsp"), ("product", "lsp")]
    changes = [p.comparison.metrics["exact_match"].difference.interval.value for p in section.pairs]
    assert changes == [0.5, 1.0, 0.5]


def test_only_the_latest_run_through_a_door_is_paired() -> None:
    (section,) = sections(
        named(
            a_run([0, 0], through="raw", started="2026-01-03T00:00:00+00:00"),
            a_run([1, 1], through="raw", started="2026-01-02T00:00:00+00:00"),
            a_run([1, 1], through="product"),
        )
    )
    (pair,) = section.pairs
    assert pair.first.result.started.startswith("2026-01-03")


def test_runs_of_other_records_are_not_paired() -> None:
    disjoint = result([record("s/1", exact_match=1.0)], through="product")
    (section,) = sections(named(a_run([0]), disjoint))
    assert section.pairs == []


def test_failures_come_first_and_examples_are_bounded() -> None:
    scores = [1.0] * 40 + [0.0] * 3 + [0.5] * 40
    (section,) = sections(named(a_run(scores)))
    examples = section.runs[0].examples()
    assert len(examples) == EXAMPLES
    assert [e.id for e in examples[:4]] == ["r/40", "r/41", "r/42", "r/43"]
    assert [e.failed for e in examples] == [True] * 43 + [False] * 7


def test_the_command_says_what_was_asked_for() -> None:
    options = Options(limit=20, samples=5, temperature=0.2)
    run = a_run([1], arm="in-file", through="lsp", seed=3).model_copy(update={"options": options})
    (section,) = sections(named(run))
    assert section.runs[0].command == (
        "assistant eval run fill --arm in-file --through lsp --limit 20 --samples 5"
        " --temperature 0.2 --seed 3"
    )
