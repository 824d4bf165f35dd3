"""One completion against the fake engine: prompt, early stop, cancellation, selection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_control import FakeControl

from assistant.completion import completer as completer_module
from assistant.completion.completer import Completer, after_healing, relative, with_selection
from assistant.config import load
from assistant.context.repository import Repository
from assistant.engines.protocol import Endpoint
from assistant.errors import EngineError, EngineUnavailable
from assistant.settings import Settings
from assistant.types import CompletionRequest, Document, Snippet, SnippetKind, Terms

TEXT = "from lib import greet\n\n\ndef main():\n    gr\n"
OFFSET = len(TEXT) - 1


@pytest.fixture
def settings(home: Path) -> Settings:
    return load({"engine.fim": "qwen2.5-coder"})


@pytest.fixture
async def completer(settings: Settings, fake_endpoint: Endpoint) -> AsyncIterator[Completer]:
    made = Completer(settings, lambda _: None)
    made.connect(fake_endpoint)
    yield made
    await made.close()


def request(tmp_path: Path, text: str = TEXT, offset: int = OFFSET) -> CompletionRequest:
    return CompletionRequest(Document(tmp_path / "main.py", text, "python"), offset, tmp_path)


async def test_the_answer_is_cut_and_the_stream_closed(
    completer: Completer, fake_engine: FakeControl, tmp_path: Path
) -> None:
    fake_engine.configure(
        default="eet('you')\n\n\ndef other():\n    pass\n" * 20, chunk_delay_ms=10
    )
    heard: list[str] = []
    answer = await completer.complete(request(tmp_path), heard.append)
    assert answer.text == "eet('you')"
    assert (answer.start, answer.end) == (OFFSET, OFFSET)
    assert answer.model == "fake"
    assert heard[0]
    assert heard[-1].startswith("eet('you')")
    fake_engine.wait_for(fake_engine.aborted)


async def test_the_prompt_has_the_file_around_the_cursor(
    completer: Completer, fake_engine: FakeControl, tmp_path: Path
) -> None:
    fake_engine.configure(default="eet()")
    await completer.complete(request(tmp_path))
    (body,) = fake_engine.requests()
    assert body["prompt"].endswith(
        "<|file_sep|>main.py\n<|fim_prefix|>from lib import greet\n\n\ndef main():\n"
        "<|fim_suffix|>\n<|fim_middle|>    gr"
    )
    assert body["stream"] is True


async def test_snippets_of_the_repository_stand_in_front(
    settings: Settings, fake_endpoint: Endpoint, fake_engine: FakeControl, tmp_path: Path
) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "lib.py").write_text('def greet(name: str) -> str:\n    """Say hello."""\n')
    (root / "main.py").write_text(TEXT)
    fake_engine.configure(default="eet()")
    with Repository.open(root, settings.context) as repository:
        repository.refresh()
        made = Completer(settings, lambda _: repository)
        made.connect(fake_endpoint)
        answer = await made.complete(request(root))
        await made.close()
    (snippet,) = [s for s in answer.snippets if s.path == "lib.py"]
    assert "greet" in snippet.why
    (body,) = fake_engine.requests()
    assert "<|file_sep|>lib.py\ndef greet(name: str) -> str:" in body["prompt"]


async def test_snippets_that_are_brought_take_the_place_of_the_repositorys(
    settings: Settings, fake_endpoint: Endpoint, fake_engine: FakeControl, tmp_path: Path
) -> None:
    def asked(root: Path) -> None:
        raise AssertionError("the repository was asked")

    def brought(path: str, text: str, score: float) -> Snippet:
        return Snippet(path, 0, 0, text, SnippetKind.OPEN, score, "brought")

    fake_engine.configure(default="eet()")
    few = settings.context.model_copy(update={"budget_tokens": 40})
    made = Completer(settings.model_copy(update={"context": few}), asked)
    made.connect(fake_endpoint)
    own = (brought("b.py", "def b(): ...", 2), brought("a.py", "x = 1\n" * 99, 1))
    answer = await made.complete(replace(request(tmp_path), snippets=own))
    assert [s.path for s in answer.snippets] == ["b.py"]  # the other is over the budget
    await made.complete(replace(request(tmp_path), snippets=()))
    await made.close()
    first, second = fake_engine.requests()
    assert "<|file_sep|>b.py\ndef b(): ..." in first["prompt"]
    assert "b.py" not in second["prompt"]


async def test_a_clients_terms_reach_the_engine(
    completer: Completer, fake_engine: FakeControl, tmp_path: Path
) -> None:
    fake_engine.configure(default="eet(one, two, three)")
    terms = Terms(max_tokens=3, fields={"seed": 7, "priority": 3, "temperature": 0.5})
    answer = await completer.complete(replace(request(tmp_path), terms=terms))
    assert "eet(one, two, three)".startswith(answer.text)
    (body,) = fake_engine.requests()
    kept = ("max_tokens", "seed", "priority", "temperature")
    assert [body[name] for name in kept] == [3, 7, 3, 0.5]


async def test_out_of_its_time_an_answer_ends_with_whole_lines(
    completer: Completer, fake_engine: FakeControl, tmp_path: Path
) -> None:
    fake_engine.configure(default="    one = 1\n    two = 2\n" * 40, chunk_delay_ms=20)
    text = "def count():\n"
    asked = replace(request(tmp_path, text, len(text)), terms=Terms(seconds=0.001))
    answer = await completer.complete(asked)
    assert answer.text == "    one = 1"
    fake_engine.wait_for(fake_engine.aborted)


async def test_cancelling_closes_the_engines_request(
    completer: Completer, fake_engine: FakeControl, tmp_path: Path
) -> None:
    fake_engine.configure(default="a = 1 + " * 200, chunk_delay_ms=50)
    task = asyncio.ensure_future(completer.complete(request(tmp_path)))
    while not fake_engine.requests():
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    while not fake_engine.aborted():
        await asyncio.sleep(0.02)
    # The connection outlives the request.
    fake_engine.configure(default="eet()", chunk_delay_ms=0)
    assert (await completer.complete(request(tmp_path))).text == "eet()"


async def test_out_of_time_gives_what_there_is(
    home: Path, fake_endpoint: Endpoint, fake_engine: FakeControl, tmp_path: Path
) -> None:
    fake_engine.configure(default="eet(one, two, three, four, five)", chunk_delay_ms=200)
    made = Completer(
        load({"engine.fim": "qwen2.5-coder", "completion.timeout": 1.0}), lambda _: None
    )
    made.connect(fake_endpoint)
    answer = await made.complete(request(tmp_path))
    await made.close()
    assert "eet(one, two, three, four, five)".startswith(answer.text)
    assert len(answer.text) < len("eet(one, two, three, four, five)")


async def test_without_an_engine_it_says_so(settings: Settings, tmp_path: Path) -> None:
    made = Completer(settings, lambda _: None)
    with pytest.raises(EngineUnavailable, match="assistant serve"):
        await made.complete(request(tmp_path))


async def test_nobody_listening_is_unavailable(settings: Settings, tmp_path: Path) -> None:
    made = Completer(settings, lambda _: None)
    made.connect(Endpoint("http://127.0.0.1:9/v1", "m", "x"))
    with pytest.raises(EngineUnavailable, match=r"127\.0\.0\.1:9"):
        await made.complete(request(tmp_path))
    await made.close()


async def test_a_refusal_is_one_line(
    completer: Completer, fake_engine: FakeControl, tmp_path: Path
) -> None:
    fake_engine.configure(refuse=400)
    with pytest.raises(EngineError, match="400") as error:
        await completer.complete(request(tmp_path))
    assert "\n" not in str(error.value)


async def test_a_file_that_is_too_large_is_not_read(
    completer: Completer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completer_module, "MAX_DOCUMENT_CHARS", 10)
    answer = await completer.complete(request(tmp_path))
    assert (answer.text, answer.dropped) == ("", "the file is too large")


async def test_the_selected_item_is_extended(
    completer: Completer, fake_engine: FakeControl, tmp_path: Path
) -> None:
    fake_engine.configure(default="('you')\n")
    base = request(tmp_path)
    selected = CompletionRequest(
        base.document, base.offset, base.root, selected=(OFFSET - 2, "greet")
    )
    answer = await completer.complete(selected)
    assert (answer.text, answer.start, answer.end) == ("greet('you')", OFFSET - 2, OFFSET)
    (body,) = fake_engine.requests()
    assert body["prompt"].endswith("    greet")


def test_a_selection_becomes_part_of_the_text(tmp_path: Path) -> None:
    base = request(tmp_path)
    made = with_selection(
        CompletionRequest(base.document, base.offset, None, selected=(OFFSET - 2, "greet"))
    )
    assert made.document.text == TEXT[: OFFSET - 2] + "greet\n"
    assert made.offset == OFFSET + 3
    assert made.selected is None


@pytest.mark.parametrize(
    ("raw", "healed", "expected"),
    [("abc", "", "abc"), ("abc", "ab", "c"), ("a", "ab", ""), ("xyz", "ab", "")],
)
def test_the_healed_text_is_cut_off(raw: str, healed: str, expected: str) -> None:
    assert after_healing(raw, healed) == expected


def test_paths_are_shown_below_the_root(tmp_path: Path) -> None:
    path: Any = tmp_path / "a" / "b.py"
    assert relative(path, tmp_path) == "a/b.py"
    assert relative(path, tmp_path / "elsewhere") == "b.py"
    assert relative(path, None) == "b.py"
