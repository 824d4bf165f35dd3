"""Comparing two runs: what pairs up, what is refused, what is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eval_results import record, result

from assistant.errors import UsageError
from eval.cli.app import run
from eval.compare import compare
from eval.results import Model, Result, save


def a_run(scores: list[float], **others: object) -> Result:
    records = [record(f"r/{i}", exact_match=s, other=s / 2) for i, s in enumerate(scores)]
    return result(records, **others)  # type: ignore[arg-type]


def test_paired_difference_of_each_metric() -> None:
    before, after = a_run([0, 0, 1, 1, 0, 0]), a_run([1, 1, 1, 0, 0, 1])
    comparison = compare(before, after)
    assert comparison.n == 6
    assert comparison.differing == ()
    metric = comparison.metrics["exact_match"]
    assert (metric.a, metric.b) == pytest.approx((1 / 3, 2 / 3))
    assert metric.difference.interval.value == pytest.approx(1 / 3)
    assert (metric.difference.better, metric.difference.worse, metric.difference.equal) == (3, 1, 2)
    assert metric.difference.p == pytest.approx(0.625)
    assert comparison.metrics["other"].difference.interval.value == pytest.approx(1 / 6)


def test_only_records_of_both_count() -> None:
    before, after = a_run([0, 0, 1]), a_run([1, 0, 1, 1, 1])
    comparison = compare(before, after)
    assert comparison.n == 3
    assert comparison.metrics["exact_match"].b == pytest.approx(2 / 3)
    assert comparison.differing == ("records: 3 and 5, 3 in both",)


def test_what_differs_is_named() -> None:
    before = a_run([0, 1], commit="one", config={"context": {"budget_tokens": 10}})
    other = Model(name="large", precision="int4", digest="ff")
    after = a_run(
        [0, 1], commit="two", through="product", model=other, config={"context": {"share": 1}}
    )
    assert [line.partition(":")[0] for line in compare(before, after).differing] == [
        "commit",
        "config.context.budget_tokens",
        "config.context.share",
        "model.digest",
        "model.name",
        "through",
    ]
    assert "commit: one and two" in compare(before, after).differing


def test_different_tasks_are_refused() -> None:
    with pytest.raises(UsageError, match="fill and explain are different tasks"):
        compare(a_run([1]), a_run([1], task="explain"))


def test_no_common_record_is_refused() -> None:
    other = result([record("s/1", exact_match=1.0)], arm="java")
    with pytest.raises(UsageError, match=r"plain, java.* no record in common"):
        compare(a_run([1, 0]), other)


def test_one_id_for_two_problems_is_no_pair() -> None:
    python = result([record("0", reference="a", text="a")])
    java = result([record("0", reference="b", text="b")])
    with pytest.raises(UsageError, match="no record in common"):
        compare(python, java)


def test_no_common_metric_is_refused() -> None:
    one = result([record("0", exact_match=1.0)])
    other = result([record("0", edit_similarity=1.0)])
    with pytest.raises(UsageError, match="share no metric"):
        compare(one, other)


@pytest.fixture
def files(home: Path, tmp_path: Path) -> tuple[str, str]:
    paths = (tmp_path / "a.json", tmp_path / "b.json")
    save(a_run([0, 0, 1, 1]), paths[0])
    save(a_run([1, 0, 1, 1], commit="def"), paths[1])
    return str(paths[0]), str(paths[1])


def test_the_command_prints_its_contract(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", *files, "--json"]) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["n"] == 4
    assert document["a"]["file"] == files[0]
    assert document["b"]["commit"] == "def"
    metric = document["metrics"]["exact_match"]
    assert metric.keys() == {"a", "b", "difference", "better", "worse", "equal", "p"}
    assert metric["difference"]["value"] == pytest.approx(0.25)
    assert metric["difference"].keys() == {"value", "low", "high"}
    assert captured.err == "differs: commit: abc1234 and def\n"


def test_the_command_prints_a_table(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", *files]) == 0
    shown = capsys.readouterr().out
    assert "fill plain raw small int4" in shown
    assert "exact_match" in shown
    assert "+0.250" in shown


def test_a_file_that_is_no_result_is_one_line(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.json").write_text("{}")
    assert run(["compare", files[0], str(tmp_path / "c.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert run(["compare", files[0], str(tmp_path / "absent.json")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
