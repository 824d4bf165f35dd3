"""The evaluation side: every text that a training set must not hold.

A completion's text is its prefix, reference and suffix in one piece, so that all the holes
of one file are one text. A chat's texts are its messages, and its reference. A record's own
parts (:attr:`Sample.texts`) are texts by themselves: half of a question would be its template.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from assistant.errors import AssistantError, UsageError
from eval.data import Data
from eval.decontamination.tokens import squeezed
from eval.task import Task
from eval.types import CommandAsk, CompletionAsk, Sample

Problem = tuple[str, Hashable]
"""A group of like texts (an arm's questions, an arm's references) and a problem in it."""


@dataclass(slots=True)
class Passage:
    """A text, the first sample of each set that has it, and the problems that it belongs to.

    ``path`` names its language where it is known.
    """

    text: str
    path: str = ""
    owners: dict[str, str] = field(default_factory=dict)
    problems: set[Problem] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All the passages, the number of records of each set, and what could not be read."""

    passages: tuple[Passage, ...]
    records: dict[str, int]
    unchecked: dict[str, str]


def collect(tasks: Iterable[Task], data: Data) -> Evaluation:
    """Every problem of every task. A task that cannot be read is named with the reason.

    Raises UsageError when none can be read.
    """
    passages: dict[str, Passage] = {}
    ids: dict[str, set[str]] = defaultdict(set)
    unchecked: dict[str, str] = {}
    for task in tasks:
        for arm in _arms(task):
            try:
                samples = task.samples(data, arm)
            except AssistantError as error:
                unchecked[f"{task.name}/{arm}"] = str(error)
                continue
            for sample in samples:
                ids[task.name].add(sample.id)
                for part, path, text in _texts(sample):
                    key = squeezed(text)
                    if not key:
                        continue
                    passage = passages.setdefault(key, Passage(text, path))
                    passage.owners.setdefault(task.name, sample.id)
                    passage.problems.add((f"{task.name}/{arm}/{part}", _problem(sample, key)))
    if not passages:
        reason = next(iter(unchecked.values()), "there is no task")
        raise UsageError(f"no evaluation set can be read, so nothing can be checked: {reason}")
    records = {name: len(found) for name, found in ids.items()}
    return Evaluation(tuple(passages.values()), records, unchecked)


def _arms(task: Task) -> list[str]:
    """Those that together hold every problem: a chat's arms ask for the same in other words,
    and an arm named ``all`` holds the others."""
    if "all" in task.arms:
        return ["all"]
    return list(task.arms)[: 1 if task.asks == "chat" else None]


def _texts(sample: Sample) -> Iterator[tuple[str, str, str]]:
    """Kind, path and text."""
    ask = sample.ask
    if isinstance(ask, CompletionAsk):
        yield "file", ask.path, ask.prefix + sample.reference + ask.suffix
    elif isinstance(ask, CommandAsk):
        yield "file", ask.path, ask.text
        yield "reference", "", sample.reference
    else:
        yield "question", "", "\n".join(message.content for message in ask.messages)
        yield "reference", "", sample.reference
    for text in sample.texts:
        yield "part", "", text


def _problem(sample: Sample, key: str) -> Hashable:
    """Holes of one repository's file differ in what else is hidden there."""
    ask = sample.ask
    return ask.path if isinstance(ask, CompletionAsk) and ask.root is not None else key
