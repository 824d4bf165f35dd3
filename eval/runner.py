"""A run: samples → answers through a door → grades → a result.

Questions go out many at a time, so that the engine batches them; answers are graded in
threads, where the sandbox waits. Every graded record goes to the journal at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from assistant.errors import AssistantError, EngineError, EngineUnavailable, UsageError
from assistant.settings import Settings
from eval import provenance, statistics
from eval.data import Data, DataError
from eval.door import Door, DoorKind, Setting
from eval.journal import Journal
from eval.metrics.pass_at_k import pass_at_k
from eval.results import Answered, Model, Options, Record, Result
from eval.task import Task
from eval.types import Answer, CompletionAsk, Sample

GRADERS = 2
KS = (1, 5, 10, 100)
PAUSES = (2.0, 10.0, 30.0)
"""Seconds before a question is asked again that found no engine: it may be restarting, or too
busy to take a connection."""
MAX_FAILURES = 5
"""Questions that the engine may refuse before the run is given up."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to run. ``progress`` is told (records done, records in all)."""

    task: Task
    arm: str
    door: DoorKind
    data: Data
    settings: Settings
    options: Options = field(default_factory=Options)
    seed: int = 0
    concurrency: int = 8
    fresh: bool = False
    progress: Callable[[int, int], None] = lambda done, total: None


def chosen(samples: Sequence[Sample], limit: int, seed: int) -> list[Sample]:
    """``limit`` samples drawn by ``seed``, in the order of the task; all for 0.

    A larger limit of the same seed holds the smaller one's samples.
    """
    if not limit or limit >= len(samples):
        return list(samples)
    order = list(range(len(samples)))
    random.Random(seed).shuffle(order)  # noqa: S311
    return [samples[i] for i in sorted(order[:limit])]


def check(order: Order) -> None:
    """Raises UsageError for an order that cannot be carried out."""
    task, door = order.task, order.door
    if order.arm not in task.arms:
        raise UsageError(f"{task.name} has no arm {order.arm!r}: there are {', '.join(task.arms)}")
    if task.asks == "chat" and not door.chats:
        raise UsageError(f"{task.name} asks the chat endpoint: use --through raw")
    options = order.options
    if options.samples > 1 and not door.samples:
        raise UsageError(f"--through {door.name} gives one answer a question: drop --samples")
    if options.temperature and not door.samples:
        raise UsageError(
            f"--through {door.name} answers as it is set up: use --set completion.temperature=…"
        )
    if options.samples > 1 and not options.temperature:
        raise UsageError("--samples above 1 needs --temperature above 0: greedy answers are equal")
    if task.executes:
        from assistant.sandbox import unavailable

        if why := unavailable():
            raise UsageError(f"{task.name} runs the model's code in the sandbox: {why}")


async def run(order: Order) -> tuple[Result, Journal]:
    """Carry it out on the engine of ``order.settings``, started where none runs.

    The journal is to be removed once the result is written. Raises AssistantError; what was
    answered by then is kept for the next try.
    """
    from assistant.engines.lease import acquire

    check(order)
    samples = await asyncio.to_thread(_samples, order)
    picked = chosen(samples, order.options.limit, order.seed)
    if not picked:
        raise UsageError(f"{order.task.name} {order.arm} has no records")
    options = order.options.model_copy(update={"data": await asyncio.to_thread(_digest, picked)})
    started, began = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    async with await acquire(order.settings) as lease:
        model = await asyncio.to_thread(provenance.model, lease.endpoint)
        config = order.settings.model_dump(mode="json")
        for engine in (config["engine"], *config["engines"].values()):
            engine["api_key"] = ""
        commit = await asyncio.to_thread(provenance.commit)
        journal = _journal(order, model, config, commit)
        setting = Setting(
            order.settings,
            lease.endpoint,
            order.options.temperature,
            order.seed,
            order.options.trigger == "invoked",
        )
        async with order.door.open(setting) as door:
            await _answer_all(order, picked, door, journal)
    records = [journal.records[sample.id] for sample in picked]
    result = Result(
        task=order.task.name,
        arm=order.arm,
        through=order.door.name,
        n=len(records),
        metrics={
            name: statistics.mean([record.scores[name] for record in records], order.seed)
            for name in records[0].scores
        },
        model=model,
        config=config,
        options=options,
        commit=commit,
        seed=order.seed,
        started=started,
        seconds=round(time.monotonic() - began, 1),
        records=records,
    )
    return result, journal


def _samples(order: Order) -> Sequence[Sample]:
    try:
        return order.task.samples(order.data, order.arm)
    except (KeyError, TypeError, ValueError) as error:
        what = f"{type(error).__name__}: {error}"
        raise DataError(f"the records of {order.task.name} are not as expected ({what})") from error


def _digest(samples: Sequence[Sample]) -> str:
    """sha256 over what is asked and expected."""
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(_asked(sample).encode())
    return digest.hexdigest()


def _asked(sample: Sample) -> str:
    """sha256 over one question and all that grades it, wherever its workspace folder lies: the
    last two names of that stand for what is in it (:mod:`eval.mining.masking`)."""
    ask, folder = sample.ask, ""
    if isinstance(ask, CompletionAsk) and ask.root is not None:
        folder = "/".join(ask.root.parts[-2:])
        ask = replace(ask, root=None)
    extra = sorted(sample.extra.items())
    asked = repr((sample.id, ask, folder, sample.reference, extra))
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()


def _journal(order: Order, model: Model, config: dict[str, Any], commit: str) -> Journal:
    depends = {
        "arm": order.arm,
        "door": order.door.name,
        "model": model.model_dump(),
        "config": config,
        "commit": commit,
        "seed": order.seed if order.options.temperature else 0,
        "options": order.options.model_dump(exclude={"limit", "data"}),
    }
    journal = Journal.of(order.task.name, depends)
    if order.fresh:
        journal.remove()
        journal = Journal(journal.path)
    return journal


async def _answer_all(
    order: Order, samples: Sequence[Sample], door: Door, journal: Journal
) -> None:
    for sample in samples:  # another set of records may use the same ids
        old = journal.records.get(sample.id)
        if old is not None and old.asked != _asked(sample):
            del journal.records[sample.id]
    waiting = [sample for sample in samples if sample.id not in journal.records]
    done = len(samples) - len(waiting)
    order.progress(done, len(samples))
    turn = asyncio.Semaphore(order.concurrency)
    failures: list[AssistantError] = []
    with ThreadPoolExecutor(GRADERS, thread_name_prefix="grade") as graders:

        async def one(sample: Sample) -> None:
            nonlocal done
            async with turn:
                if len(failures) >= MAX_FAILURES:
                    return
                try:
                    answers = [
                        await _patiently(order.task, sample, door.attempt(number))
                        for number in range(order.options.samples)
                    ]
                except EngineError as error:
                    failures.append(error)
                    return
            loop = asyncio.get_running_loop()
            record = await loop.run_in_executor(graders, _grade, order.task, sample, answers)
            journal.add(record)
            done += 1
            order.progress(done, len(samples))

        try:
            async with asyncio.TaskGroup() as group:
                for sample in waiting:
                    group.create_task(one(sample))
        except ExceptionGroup as several:
            said, bugs = several.split(AssistantError)
            if said is None or bugs is not None:
                raise
            raise said.exceptions[0] from None  # what the door cannot ask: one line, for people
    if failures:
        kept = "what was answered is kept: the same command goes on from there"
        raise EngineError(f"{len(failures)} questions were not answered ({failures[0]}); {kept}")


async def _patiently(task: Task, sample: Sample, door: Door) -> Answer:
    for pause in PAUSES:
        try:
            return await task.answer(sample, door)
        except EngineUnavailable:
            await asyncio.sleep(pause)
    return await task.answer(sample, door)


def _grade(task: Task, sample: Sample, answers: Sequence[Answer]) -> Record:
    graded = []
    for answer in answers:
        grade = task.grade(sample, answer)
        graded.append(
            Answered(
                text=answer.text,
                scores=dict(grade.scores),
                detail=grade.detail,
                dropped=answer.dropped,
                finish_reason=answer.finish_reason,
                replaces=answer.replaces,
                prompt_tokens=answer.prompt_tokens,
                generated_tokens=answer.generated_tokens,
                snippets=answer.snippets,
                seconds=round(answer.seconds, 4),
                parts=answer.parts,
            )
        )
    return Record(
        id=sample.id,
        scores=fold(graded),
        answers=graded,
        reference=sample.reference,
        asked=_asked(sample),
    )


def fold(answers: Sequence[Answered]) -> dict[str, float]:
    """One record's scores over its answers: pass@k for ``pass``, the mean for the others."""
    scores: dict[str, float] = {}
    for name in answers[0].scores:
        values = [answer.scores[name] for answer in answers]
        if name != "pass":
            scores[name] = sum(values) / len(values)
            continue
        passed = sum(value == 1.0 for value in values)
        for k in KS:
            if k <= len(values):
                scores[f"pass@{k}"] = pass_at_k(len(values), passed, k)
    return scores
