"""Reading the subsets, running one, judging it against its record."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import UsageError
from assistant.settings import Settings
from eval.compare import Metric, compare
from eval.data import Data
from eval.door import doors
from eval.results import Options, Result, load, save
from eval.runner import Order, run
from eval.task import tasks

FOLDER = Path(__file__).parent
RECORD = "`assistant eval gate --record` records it"


class Subset(BaseModel):
    """Records of one task through one door; ``metric`` decides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    arm: str
    through: str
    limit: int
    metric: str
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """``found`` is None where nothing was recorded. ``notes`` say what else differs."""

    name: str
    passed: bool
    metric: str
    found: Metric | None
    notes: tuple[str, ...] = ()


def subsets(folder: Path = FOLDER) -> dict[str, Subset]:
    """The subsets by name. Raises UsageError."""
    path = folder / "subsets.toml"
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: Subset.model_validate(values) for name, values in read.items()}
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise UsageError(f"{path}: {' '.join(str(error).split())[:300]}") from error


def recorded(name: str, folder: Path = FOLDER) -> Path:
    """Where the scores of the last release are kept."""
    return folder / "recorded" / f"{name}.json"


async def result(
    subset: Subset, settings: Settings, data: Data, progress: Callable[[int, int], None]
) -> Result:
    """Run the subset; a run that was cut off goes on. Raises AssistantError."""
    order = Order(
        task=tasks().get(subset.task),
        arm=subset.arm,
        door=doors().get(subset.through),
        data=data,
        settings=settings,
        options=Options(limit=subset.limit),
        seed=subset.seed,
        progress=progress,
    )
    done, journal = await run(order)
    if subset.metric not in done.metrics:
        known = ", ".join(done.metrics)
        raise UsageError(f"{subset.task} has no metric {subset.metric!r}: there are {known}")
    journal.remove()
    return without_text(done)


def without_text(done: Result) -> Result:
    """The result with its scores only: a benchmark's text is not this project's to keep."""
    bare = [r.model_copy(update={"answers": [], "reference": ""}) for r in done.records]
    return done.model_copy(update={"records": bare})


def judge(name: str, subset: Subset, done: Result, folder: Path = FOLDER) -> Verdict:
    """Whether ``done`` holds against what is recorded.

    Nothing recorded, or other records than these, is no pass: then nothing was compared.
    """
    path = recorded(name, folder)
    if not path.exists():
        return Verdict(name, False, subset.metric, None, (f"nothing is recorded: {RECORD}",))
    before = load(path)
    comparison = compare(before, done)
    found = comparison.metrics.get(subset.metric)
    same = comparison.n == done.n and before.options.data == done.options.data
    if found is None or not same:
        return Verdict(
            name, False, subset.metric, None, (f"recorded for another subset: {RECORD}",)
        )
    notes = [n for n in comparison.differing if n.startswith(("model", "config", "records"))]
    return Verdict(name, found.difference.interval.high >= 0, subset.metric, found, tuple(notes))


def record(name: str, done: Result, folder: Path = FOLDER) -> None:
    """Keep ``done`` as what later runs are held to."""
    save(done, recorded(name, folder))
