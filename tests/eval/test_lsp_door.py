"""What the language server answers empty because it failed is no answer of the model's."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from fake_control import FakeControl

from assistant.config import load
from assistant.engines.protocol import Endpoint
from assistant.errors import EngineError, EngineUnavailable
from assistant.settings import Settings
from eval import runner
from eval.data import Data
from eval.door import Door, Setting, doors
from eval.runner import Order, run
from eval.task import tasks
from eval.types import CompletionAsk

ASK = CompletionAsk("a.py", "def double(a):\n    return ", "\n")
FIXED = {"engine.fim": "qwen2.5-coder", "lsp.debounce_max_ms": 0}


def write_rows(folder: Path, number: int) -> None:
    row = {"language": "py", "suffix": "\n", "tests": "", "canonical_solution": "    return 1"}
    rows = [{**row, "name": str(n), "prompt": f"def f_{n}(a):"} for n in range(number)]
    with gzip.open(folder / "santacoder_fim_singleline.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def ordered(folder: Path, settings: Settings) -> Order:
    task = tasks().get("santacoder-fim")
    return Order(task, "py", doors().get("lsp"), Data(folder), settings)


@pytest_asyncio.fixture
async def door(fake_engine: FakeControl, fake_endpoint: Endpoint) -> AsyncIterator[Door]:
    settings = load({**FIXED, "engine.url": fake_endpoint.url})
    setting = Setting(settings, fake_endpoint)
    async with doors().get("lsp").open(setting) as opened:
        yield opened


async def test_a_failure_is_raised_and_an_empty_answer_is_not(
    door: Door, fake_engine: FakeControl, tmp_path: Path
) -> None:
    named = [replace(ASK, root=tmp_path / name) for name in ("one", "two", "three")]
    for ask in named:
        assert ask.root is not None
        ask.root.mkdir()
    fake_engine.configure(refuse=500)
    with pytest.raises(EngineError, match="told to refuse") as refused:
        await door.complete(named[0])
    assert not isinstance(refused.value, EngineUnavailable)
    fake_engine.configure(refuse=503)
    with pytest.raises(EngineUnavailable):
        await door.complete(named[0])
    # The failure before is neither another document's nor that of the same one asked anew.
    fake_engine.configure(refuse=0)
    for ask in named[:2]:
        assert (await door.complete(ask)).dropped == "the server showed nothing"
    fake_engine.configure(default="2 * a")
    assert (await door.complete(named[2])).text == "2 * a"


async def test_a_run_says_that_its_questions_were_not_answered(
    fake_engine: FakeControl,
    fake_endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_rows(tmp_path, 3)
    monkeypatch.setattr(runner, "PAUSES", (0.1,))
    fake_engine.configure(refuse=500)
    settings = load({**FIXED, "engine.url": fake_endpoint.url})
    with pytest.raises(EngineError, match="3 questions were not answered"):
        await run(ordered(tmp_path, settings))


@pytest.mark.slow
async def test_an_engine_that_dies_is_waited_for(fake_engine: FakeControl, tmp_path: Path) -> None:
    write_rows(tmp_path, 6)
    fake_engine.configure(crash_after=4, default="    return 1\n")
    order = replace(ordered(tmp_path, load(FIXED)), concurrency=1)
    done, _ = await run(order)
    assert [record.answers[0].dropped for record in done.records] == [""] * 6
    assert len(fake_engine.events("start")) == 2
