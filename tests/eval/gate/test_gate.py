"""The regression gate: what it compares, what it lets pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eval_results import record, result

from assistant.errors import UsageError
from eval.door import doors
from eval.gate import gate
from eval.results import Result, load
from eval.task import tasks

SUBSET = gate.Subset(task="fill", arm="plain", through="raw", limit=20, metric="exact_match")


def scored(right: int) -> Result:
    """Twenty records, the first ``right`` of them right."""
    texts = ["x = 1" if number < right else "wrong" for number in range(20)]
    return result([record(str(number), text=text) for number, text in enumerate(texts)])


def test_every_subset_names_what_there_is() -> None:
    for name, subset in gate.subsets().items():
        task = tasks().get(subset.task)
        assert subset.arm in task.arms, name
        assert subset.through in doors(), name
        assert subset.limit > 0
        known = [m.replace("pass", "pass@1") if m == "pass" else m for m in task.metrics]
        assert subset.metric in known, name


@pytest.mark.parametrize(("now", "passed"), [(16, True), (20, True), (15, True), (6, False)])
def test_only_a_drop_that_the_draw_cannot_explain_fails(
    tmp_path: Path, now: int, passed: bool
) -> None:
    gate.record("fill", gate.without_text(scored(16)), tmp_path)
    verdict = gate.judge("fill", SUBSET, gate.without_text(scored(now)), tmp_path)
    assert verdict.passed is passed
    assert verdict.found is not None
    assert verdict.found.a == 0.8
    assert verdict.found.b == now / 20


def test_nothing_recorded_is_no_pass(tmp_path: Path) -> None:
    verdict = gate.judge("fill", SUBSET, scored(3), tmp_path)
    assert not verdict.passed
    assert verdict.found is None
    assert "nothing is recorded" in verdict.notes[0]


def test_a_record_of_other_records_is_no_pass(tmp_path: Path) -> None:
    fewer = scored(16)
    gate.record("fill", fewer.model_copy(update={"records": fewer.records[:7]}), tmp_path)
    verdict = gate.judge("fill", SUBSET, scored(16), tmp_path)
    assert not verdict.passed
    assert "another subset" in verdict.notes[0]


def test_a_record_of_changed_questions_is_no_pass(tmp_path: Path) -> None:
    gate.record("fill", scored(16), tmp_path)
    now = scored(16)
    changed = now.model_copy(update={"options": now.options.model_copy(update={"data": "other"})})
    assert not gate.judge("fill", SUBSET, changed, tmp_path).passed


def test_the_record_holds_no_text_of_a_benchmark(tmp_path: Path) -> None:
    gate.record("fill", gate.without_text(scored(16)), tmp_path)
    written = gate.recorded("fill", tmp_path).read_text(encoding="utf-8")
    assert "x = 1" not in written
    assert len(json.loads(written)["records"]) == 20


def test_every_subset_is_recorded_as_it_is_asked() -> None:
    recorded = {path.stem for path in (gate.FOLDER / "recorded").glob("*.json")}
    assert recorded == set(gate.subsets())
    for name, subset in gate.subsets().items():
        kept = load(gate.recorded(name))
        asked = (kept.task, kept.arm, kept.through, kept.n, kept.seed)
        assert asked == (subset.task, subset.arm, subset.through, subset.limit, subset.seed)
        assert subset.metric in kept.metrics


def test_another_model_is_noted(tmp_path: Path) -> None:
    gate.record("fill", gate.without_text(scored(16)), tmp_path)
    now = scored(16)
    other = now.model_copy(update={"model": now.model.model_copy(update={"precision": "bf16"})})
    verdict = gate.judge("fill", SUBSET, gate.without_text(other), tmp_path)
    assert verdict.passed
    assert any("precision" in note for note in verdict.notes)


@pytest.mark.parametrize("text", ["[a]\ntask = 1\n", "[a", "[a]\ntask = 'x'\nmore = 2\n"])
def test_a_faulty_list_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "subsets.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        gate.subsets(tmp_path)
    assert "\n" not in str(caught.value)
