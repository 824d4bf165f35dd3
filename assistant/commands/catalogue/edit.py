"""An edit by instruction: a piece of code, a file or several, changed as the user says it.

What comes of it is a unified diff that applies, shown before anything is written; what it does to
tests, names and callers was looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from assistant.commands.candidates import DRAWN_AT, best_of
from assistant.commands.checking.names import names_check
from assistant.commands.editing.asking import Question, question
from assistant.commands.editing.judging import Judge, Version, uses_said
from assistant.commands.editing.region import Region, region_at, todo
from assistant.commands.edits import edits_between, unified_diff
from assistant.commands.links import fenced
from assistant.commands.protocol import Answer, Check, FileEdit, Job, Place
from assistant.commands.sources import Sources
from assistant.errors import UsageError


class Edit:
    name = "edit"
    title = "Do what this TODO says"
    kind = "refactor.rewrite"

    def offers(self, place: Place) -> bool:
        """A menu gives no words; where a comment says what to do, it needs none."""
        return bool(todo(place))

    async def run(self, job: Job) -> Answer:
        instruction = job.instruction.strip()
        if not instruction:
            wanted = todo(job.place)
            if not wanted:
                raise UsageError(
                    "say what to change as an instruction, or put the cursor on a TODO comment"
                )
            instruction = f"Do what the TODO comment says, and take it out: {wanted}"
        sources = Sources(job.place)
        region = region_at(job.place, sources)
        asked = await asyncio.to_thread(question, job, sources, region, instruction)
        work = _Work(job, asked, Judge(job, sources, asked.texts, _lines(region)))
        best = await best_of(job, work.attempt)
        return _answer(job, asked, best, work.attempts)


class _Work:
    def __init__(self, job: Job, asked: Question, judge: Judge) -> None:
        self.job, self.asked, self.judge = job, asked, judge
        self.attempts = 0

    async def attempt(self, failed: Version | None, seed: int | None) -> Version:
        self.attempts += 1
        asked = self.asked
        reply = await self.job.model.ask(
            asked.messages if failed is None else asked.again(failed),
            asked.max_tokens,
            temperature=0.0 if seed is None else DRAWN_AT,
            seed=seed,
            stop=asked.stop,
        )
        texts, fault = asked.read(reply)
        return await asyncio.to_thread(self.judge.judged, reply.text, texts, fault)


def _lines(region: Region) -> tuple[int, int]:
    first = region.text.count("\n", 0, region.start)
    return first, region.text.count("\n", 0, region.end) + 1


def _answer(job: Job, asked: Question, best: Version, attempts: int) -> Answer:
    checks = tuple(_checks(best))
    if not best.texts or best.fault or best.unparsed:
        why = "; ".join(best.wrong)
        said = f"No edit was found: {why}.\n"
        return Answer(said, checks=checks, attempts=attempts)
    edits, diffs = list[FileEdit](), list[str]()
    texts: dict[Path, str | None] = {}
    for path, text in best.texts.items():
        before = asked.texts.get(path, "")
        file = _file(job, asked, path)
        edits += edits_between(file, before, text)
        texts[file] = asked.texts.get(path)
        diffs.append(unified_diff(path, before, text, new=path not in asked.texts))
    return Answer(fenced("".join(diffs), "diff"), tuple(edits), checks, attempts, texts)


def _file(job: Job, asked: Question, path: str) -> Path:
    if path == asked.here or job.place.root is None:
        return job.place.document.path
    return job.place.root / path


def _checks(best: Version) -> list[Check]:
    checks = [Check("edits", not best.fault and bool(best.texts), best.fault)]
    if not best.texts or best.fault:
        return checks
    checks.append(Check("parses", not best.unparsed, ", ".join(best.unparsed)))
    if _python(best.texts):
        checks.append(names_check(best.missing, parses=not best.unparsed, hidden=best.hidden))
        checks.append(_tests(best))
    if best.gone:
        checks.append(Check("callers", False, f"what is gone is used: {uses_said(best.gone)}"))
    elif best.changed:
        said = f"it takes other arguments now; called: {uses_said(best.changed)}"
        checks.append(Check("callers", None, said))
    return checks


def _tests(best: Version) -> Check:
    if best.passed is None:
        why = best.untried or "no test that passes concerns it"
        return Check("breaks nothing", None, why)
    if best.broken:
        return Check("breaks nothing", False, f"fails now: {'; '.join(best.broken[:3])}")
    return Check("breaks nothing", True, f"{best.passed} tests that passed still do")


def _python(texts: Mapping[str, str]) -> bool:
    return any(path.endswith(".py") for path in texts)


COMMAND = Edit()
