"""A run from its records to its result, with an engine that answers from a script."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_control import FakeControl

from assistant.config import load
from assistant.errors import AssistantError, EngineError, UsageError
from eval import provenance
from eval.data import Data
from eval.door import doors
from eval.journal import Journal
from eval.results import Answered, Options, save
from eval.results import load as load_result
from eval.runner import Order, chosen, fold, run
from eval.task import tasks
from eval.types import CompletionAsk, Sample

ROWS = [
    {
        "name": f"sum-{number}",
        "language": "py",
        "prompt": f"def add_{number}(a, b):",
        "suffix": "\n\nprint(1)\n",
        "canonical_solution": f"    return a + b + {number}",
        "tests": "",
    }
    for number in range(6)
]


CODE = "0123abcd"


@pytest.fixture(autouse=True)
def _code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are kept for one state of the code, and who edits it meanwhile changes that."""
    monkeypatch.setattr(provenance, "commit", lambda: CODE)


@pytest.fixture
def data(tmp_path: Path) -> Data:
    folder = tmp_path / "data"
    folder.mkdir()
    with gzip.open(folder / "santacoder_fim_singleline.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in ROWS)
    return Data(folder)


@pytest.fixture
def order(fake_engine: FakeControl, data: Data) -> Callable[..., Order]:
    def make(through: str = "raw", **changes: object) -> Order:
        settings = load({"engine.fim": "qwen2.5-coder", "lsp.debounce_max_ms": 0})
        task = tasks().get("santacoder-fim")
        made = Order(task, "py", doors().get(through), data, settings)
        return replace(made, **changes)  # type: ignore[arg-type]

    return make


@pytest.mark.slow
@pytest.mark.parametrize("through", ["raw", "product", "lsp"])
async def test_every_door_gives_the_same_scores_for_right_and_wrong_lines(
    order: Callable[..., Order], fake_engine: FakeControl, through: str
) -> None:
    fake_engine.answer(r"add_[0-2]\(", "    return a - b\n")
    for number in (3, 4, 5):
        fake_engine.answer(rf"add_{number}\(", f"    return a + b + {number}\n")
    done, journal = await run(order(through))
    scores = {record.id: record.scores["exact_match"] for record in done.records}
    assert scores == {f"py/sum-{n}": float(n >= 3) for n in range(6)}
    assert done.metrics["exact_match"].value == 0.5
    assert 0.0 < done.metrics["exact_match"].low < 0.5 < done.metrics["exact_match"].high <= 1.0
    assert (done.task, done.arm, done.through, done.n) == ("santacoder-fim", "py", through, 6)
    assert done.commit == CODE
    assert journal.path.exists()


async def test_the_plain_template_shows_nothing_but_prefix_and_suffix(
    order: Callable[..., Order], fake_engine: FakeControl
) -> None:
    await run(order("raw", options=Options(limit=1)))
    (body,) = fake_engine.requests()
    number = next(row for row in ROWS if row["prompt"] in body["prompt"])
    assert body["prompt"] == (
        f"<|fim_prefix|>{number['prompt']}<|fim_suffix|>{number['suffix']}<|fim_middle|>"
    )
    assert body["temperature"] == 0
    assert "structured_outputs" not in body


async def test_a_run_that_broke_off_goes_on_where_it_was(
    order: Callable[..., Order], fake_engine: FakeControl
) -> None:
    fake_engine.configure(default="pass\n")

    def refuse_after_three(done: int, total: int) -> None:
        fake_engine.configure(refuse=500 if done >= 3 else 0)

    with pytest.raises(EngineError, match="the same command goes on"):
        await run(order("raw", concurrency=1, progress=refuse_after_three))
    asked = len(fake_engine.requests())
    fake_engine.configure(refuse=0)
    told: list[tuple[int, int]] = []
    done, journal = await run(order("raw", progress=lambda *counts: told.append(counts)))
    assert done.n == 6
    assert 3 <= told[0][0] < 6
    assert len(fake_engine.requests()) - asked == 6 - told[0][0]
    journal.remove()
    asked = len(fake_engine.requests())
    await run(order("raw"))
    assert len(fake_engine.requests()) - asked == 6


@pytest.mark.slow
async def test_an_engine_that_dies_is_waited_for(
    order: Callable[..., Order], fake_engine: FakeControl
) -> None:
    # In the middle of the fourth answer; the engine after it is asked three times and stays.
    fake_engine.configure(crash_after=4, default="pass\n")
    done, _ = await run(order("raw", concurrency=1))
    assert done.n == 6
    assert len(fake_engine.events("start")) == 2


async def test_a_line_cut_off_by_a_kill_is_asked_again(
    order: Callable[..., Order], fake_engine: FakeControl
) -> None:
    _, journal = await run(order("raw"))
    whole = journal.path.read_text(encoding="utf-8")
    journal.path.write_text(whole[:-20], encoding="utf-8")
    asked = len(fake_engine.requests())
    done, again = await run(order("raw"))
    assert len(fake_engine.requests()) - asked == 1
    assert len(again.path.read_text(encoding="utf-8").splitlines()) == done.n == 6


async def test_an_answer_with_unusual_line_ends_is_kept(
    order: Callable[..., Order], fake_engine: FakeControl
) -> None:
    fake_engine.configure(default="a\u2028b\x85c\u2029d\n")
    _, journal = await run(order("raw"))
    assert set(Journal(journal.path).records) == {f"py/sum-{n}" for n in range(6)}


async def test_a_question_that_has_changed_is_asked_again(
    order: Callable[..., Order], fake_engine: FakeControl, data: Data
) -> None:
    await run(order("raw"))
    asked = len(fake_engine.requests())
    assert data.folder is not None
    rows = [{**row, "suffix": "\n\nprint(2)\n"} if n == 3 else row for n, row in enumerate(ROWS)]
    written = data.folder / "santacoder_fim_singleline.jsonl.gz"
    with gzip.open(written, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    await run(order("raw"))
    assert len(fake_engine.requests()) - asked == 1


async def test_another_setting_does_not_take_up_the_answers(
    order: Callable[..., Order], fake_engine: FakeControl
) -> None:
    await run(order("raw"))
    asked = len(fake_engine.requests())
    other = load({"engine.fim": "qwen2.5-coder", "completion.line_tokens": 7})
    await run(order("raw", settings=other))
    assert len(fake_engine.requests()) - asked == 6


async def test_other_code_does_not_take_up_the_answers(
    order: Callable[..., Order], fake_engine: FakeControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(order("raw"))
    asked = len(fake_engine.requests())
    monkeypatch.setattr(provenance, "commit", lambda: f"{CODE}+edited")
    done, _ = await run(order("raw"))
    assert len(fake_engine.requests()) - asked == 6
    assert done.commit == f"{CODE}+edited"


async def test_several_answers_give_pass_at_k_seeds(
    order: Callable[..., Order], fake_engine: FakeControl
) -> None:
    options = Options(limit=1, samples=3, temperature=0.8)
    done, _ = await run(order("raw", options=options, seed=7))
    assert [body["seed"] for body in fake_engine.requests()] == [7000, 7001, 7002]
    assert len(done.records[0].answers) == 3


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"arm": "cobol"}, "there are py, java, js"),
        ({"options": Options(samples=2)}, "--temperature"),
        ({"door": doors().get("product"), "options": Options(samples=2)}, "drop --samples"),
        ({"data": Data(Path("/nowhere")), "arm": "py"}, "santacoder_fim_singleline"),
    ],
)
async def test_an_order_that_cannot_be_carried_out_is_said(
    order: Callable[..., Order],
    changes: dict[str, object],
    part: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Not the variable: the library reads it once, for the whole process and its other tests.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(AssistantError, match=part):
        await run(order("raw", **changes))


def test_a_larger_draw_holds_the_smaller_one() -> None:
    samples = [Sample(str(n), CompletionAsk("a.py", "", "")) for n in range(50)]
    ten, twenty = (chosen(samples, limit, 3) for limit in (10, 20))
    assert len(ten) == 10
    assert {s.id for s in ten} < {s.id for s in twenty}
    assert [int(s.id) for s in twenty] == sorted(int(s.id) for s in twenty)
    assert [s.id for s in chosen(samples, 10, 4)] != [s.id for s in ten]
    assert chosen(samples, 0, 3) == samples


def test_answers_fold_into_pass_at_k_and_means() -> None:
    passes = [1.0, 0.0, 0.0, 0.0, 1.0]
    answers = [Answered(text="", scores={"pass": p, "similar": p / 2}) for p in passes]
    scores = fold(answers)
    assert scores["pass@1"] == pytest.approx(0.4)
    assert scores["pass@5"] == 1.0
    assert scores["similar"] == pytest.approx(0.2)
    assert "pass@10" not in scores


async def test_a_result_holds_no_key(
    order: Callable[..., Order], fake_engine: FakeControl, tmp_path: Path
) -> None:
    other = {"engines.other.model": "another", "engines.other.api_key": "sk-other"}
    keys = {"engine.api_key": "sk-own", **other}
    done, _ = await run(order("raw", options=Options(limit=1), settings=load(keys)))
    save(done, tmp_path / "result.json")
    assert "sk-" not in (tmp_path / "result.json").read_text(encoding="utf-8")


async def test_a_result_comes_back_from_its_file(
    order: Callable[..., Order], fake_engine: FakeControl, tmp_path: Path
) -> None:
    done, _ = await run(order("raw", options=Options(limit=2)))
    path = tmp_path / "deep" / "result.json"
    save(done, path)
    assert load_result(path) == done
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="no result of `assistant eval run`"):
        load_result(path)
    with pytest.raises(UsageError, match="No such file"):
        load_result(tmp_path / "missing.json")
