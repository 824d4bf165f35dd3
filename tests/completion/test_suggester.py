"""Which keystrokes reach the engine, and what becomes of a request that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assistant.completion.debounce import Debounce
from assistant.completion.reuse import SuggestionCache
from assistant.completion.suggester import Suggester
from assistant.errors import EngineUnavailable
from assistant.types import Completion, CompletionRequest, Document

PATH = Path("/project/a.py")


def at(marked: str, automatic: bool = True) -> CompletionRequest:
    offset = marked.index("|")
    return CompletionRequest(
        Document(PATH, marked.replace("|", "", 1)), offset, automatic=automatic
    )


@dataclass
class Run:
    """One call of the source, moved on by the test."""

    request: CompletionRequest
    on_text: Callable[[str], None]
    result: asyncio.Future[Completion] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def aborted(self) -> bool:
        return self.closed.is_set()

    def say(self, text: str) -> None:
        self.on_text(text)

    def end(self, text: str) -> None:
        self.result.set_result(Completion(text, self.request.offset, self.request.offset))


class Source:
    def __init__(self) -> None:
        self.runs: list[Run] = []

    async def complete(
        self, request: CompletionRequest, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        run = Run(request, on_text or (lambda text: None))
        self.runs.append(run)
        try:
            return await run.result
        except asyncio.CancelledError:
            run.closed.set()
            raise


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
async def suggester(source: Source) -> AsyncIterator[Suggester]:
    made = Suggester(source, SuggestionCache(), Debounce(0, 0), grace=0.05)
    yield made
    await made.close()


class Timers:
    """What the event loop would call later, called when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waiting: list[tuple[asyncio.TimerHandle, Callable[[], object]]] = []
        loop = asyncio.get_running_loop()
        call_later = loop.call_later

        def later(delay: float, callback: Callable[..., object], *args: Any) -> asyncio.TimerHandle:
            handle = call_later(3600, callback, *args)
            self.waiting.append((handle, lambda: callback(*args)))
            return handle

        monkeypatch.setattr(loop, "call_later", later)

    def elapse(self) -> None:
        """Let the time of all of them come."""
        assert self.waiting
        for handle, call in self.waiting:
            if not handle.cancelled():
                handle.cancel()
                call()
        self.waiting.clear()


@pytest.fixture
async def timers(monkeypatch: pytest.MonkeyPatch) -> Timers:
    return Timers(monkeypatch)


Ask = Callable[[str], "asyncio.Task[str | None]"]


@pytest.fixture
def ask(suggester: Suggester) -> Ask:
    async def text(marked: str) -> str | None:
        found = await suggester.suggest(at(marked))
        return found[1].text if found else None

    def start(marked: str) -> asyncio.Task[str | None]:
        return asyncio.create_task(text(marked))

    return start


async def test_one_keystroke_one_request(source: Source, ask: Ask) -> None:
    asked = ask("x = |")
    await settle()
    source.runs[0].end("load()")
    assert await asked == "load()"


async def test_type_through_does_not_reach_the_engine(
    source: Source, suggester: Suggester, ask: Ask
) -> None:
    asked = ask("x = |")
    await settle()
    source.runs[0].end("load()")
    await asked
    assert [await ask("x = l|"), await ask("x = lo|"), await ask("x = l|")] == [
        "oad()",
        "ad()",
        "oad()",
    ]
    assert len(source.runs) == 1
    assert suggester.counters.cached == 3
    assert suggester.counters.generated == 1


async def test_a_running_request_serves_what_is_typed_along(
    source: Source, suggester: Suggester, ask: Ask
) -> None:
    first = ask("x = |")
    await settle()
    source.runs[0].say("lo")
    second = ask("x = l|")
    await settle()
    assert await first is None
    third = ask("x = loa|")
    await settle()
    source.runs[0].say("load(")
    source.runs[0].end("load()")
    assert await second is None
    assert await third == "d()"
    assert len(source.runs) == 1
    assert not source.runs[0].aborted
    assert suggester.counters.joined == 1
    assert suggester.counters.superseded == 2


async def test_a_running_request_that_says_otherwise_is_closed(source: Source, ask: Ask) -> None:
    ask("x = |")
    await settle()
    source.runs[0].say("lo")
    second = ask("x = s|")
    await settle()
    assert source.runs[0].aborted
    source.runs[1].end("ave()")
    assert await second == "ave()"


async def test_closed_as_soon_as_it_strays(source: Source, ask: Ask) -> None:
    ask("x = |")
    await settle()
    second = ask("x = s|")  # nothing generated yet: it may still fit
    await settle()
    assert len(source.runs) == 1
    source.runs[0].say("l")
    await settle()
    assert source.runs[0].aborted
    source.runs[1].end("ave()")
    assert await second == "ave()"


async def test_a_final_text_that_does_not_fit_is_asked_again(source: Source, ask: Ask) -> None:
    ask("x = |")
    await settle()
    second = ask("x = l|")
    await settle()
    source.runs[0].end("other")
    await settle()
    source.runs[1].end("oad()")
    assert await second == "oad()"


async def test_a_cancelled_request_closes_the_engines(
    source: Source, suggester: Suggester, ask: Ask
) -> None:
    asked = ask("x = |")
    await settle()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert not source.runs[0].aborted  # the next keystroke may use it
    await source.runs[0].closed.wait()
    await settle()
    assert suggester.counters.cancelled == 1
    assert suggester.counters.engine_aborted == 1


async def test_the_next_keystroke_takes_a_cancelled_request_over(
    source: Source, ask: Ask, timers: Timers
) -> None:
    asked = ask("x = |")
    await settle()
    asked.cancel()
    await settle()
    second = ask("x = l|")
    await settle()
    timers.elapse()
    await settle()
    assert not source.runs[0].aborted
    source.runs[0].end("load()")
    assert await second == "oad()"
    assert len(source.runs) == 1


async def test_an_answer_that_nobody_waited_for_is_kept(
    source: Source, ask: Ask, timers: Timers
) -> None:
    asked = ask("x = |")
    await settle()
    asked.cancel()
    await settle()
    source.runs[0].end("load()")
    await settle()
    timers.elapse()
    assert await ask("x = lo|") == "ad()"
    assert len(source.runs) == 1


async def test_an_edit_elsewhere_closes_the_request(
    source: Source, suggester: Suggester, ask: Ask
) -> None:
    asked = ask("x = |")
    await settle()
    changed = at("x = lo|")
    suggester.changed(changed.document, changed.offset)
    await settle()
    assert not source.runs[0].aborted
    changed = at("y| = ")
    suggester.changed(changed.document, changed.offset)
    assert await asked is None
    assert source.runs[0].aborted


async def test_superseded_while_pausing_never_reaches_the_engine(source: Source) -> None:
    suggester = Suggester(source, SuggestionCache(), Debounce(5, 5))
    suggester.changed(at("x|").document)
    first = asyncio.create_task(suggester.suggest(at("x|")))
    await settle()
    second = asyncio.create_task(suggester.suggest(at("xy|", automatic=False)))
    await settle()
    assert await first is None
    assert [run.request.offset for run in source.runs] == [2]
    source.runs[0].end("z")
    assert await second is not None
    await suggester.close()


async def test_too_far_behind_is_not_waited_for(source: Source, ask: Ask) -> None:
    ask("x = |")
    await settle()
    ask("x = a_long_name_that_was_pasted_in|")
    await settle()
    assert source.runs[0].aborted
    assert len(source.runs) == 2


async def test_failures_reach_the_caller_and_the_next_one_tries_again(
    source: Source, suggester: Suggester, ask: Ask
) -> None:
    asked = ask("x = |")
    await settle()
    source.runs[0].result.set_exception(EngineUnavailable("no engine"))
    with pytest.raises(EngineUnavailable):
        await asked
    assert suggester.counters.failed == 1
    second = ask("x = |")
    await settle()
    source.runs[1].end("1")
    assert await second == "1"


async def test_documents_do_not_disturb_each_other(source: Source, suggester: Suggester) -> None:
    one = at("x = |")
    two = CompletionRequest(Document(Path("/project/b.py"), "y = "), 4)
    tasks = [asyncio.create_task(suggester.suggest(r)) for r in (one, two)]
    await settle()
    for run in source.runs:
        run.end("1")
    assert all(await asyncio.gather(*tasks))


async def test_closing_a_document_closes_its_request(
    source: Source, suggester: Suggester, ask: Ask
) -> None:
    asked = ask("x = |")
    await settle()
    suggester.closed(PATH)
    assert await asked is None
    assert source.runs[0].aborted


async def test_every_request_is_counted_once(
    source: Source, suggester: Suggester, ask: Ask
) -> None:
    ask("x = |")
    await settle()
    source.runs[0].say("lo")
    last = ask("x = lo|")
    await settle()
    source.runs[0].end("load()")
    await last
    await ask("x = load|")
    counters = suggester.counters
    ends = counters.cached + counters.joined + counters.generated
    ends += counters.superseded + counters.cancelled + counters.failed
    assert counters.requests == ends == 3
