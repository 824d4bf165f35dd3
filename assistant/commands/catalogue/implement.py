"""From what says what code should do (a signature and docstring, a comment, callers) to code that
was tried.

Chen et al. 2021 (arXiv 2107.03374) found that many drawn answers hold one that works; here the
docstring's own examples, the project's tests and the file's names tell which. An answer that
fails is handed back with what it did (Chen et al. 2023, "Teaching Large Language Models to
Self-Debug", arXiv 2304.05128).
"""

from __future__ import annotations

import asyncio

from assistant.commands.implementing import comment, stub, undefined
from assistant.commands.implementing.work import Work
from assistant.commands.protocol import Answer, Job, Place
from assistant.errors import UsageError

_KINDS = (comment, undefined, stub)
"""What may ask for code, the nearest to the cursor first."""


class Implement:
    name = "implement"
    title = "Implement this"
    kind = "refactor.rewrite"

    def offers(self, place: Place) -> bool:
        return any(kind.offers(place) for kind in _KINDS)

    async def run(self, job: Job) -> Answer:
        # It may read the whole project, and run its tests.
        work = await asyncio.to_thread(_work, job)
        return work.answer(await work.best())


def _work(job: Job) -> Work:
    for kind in _KINDS:
        if (gap := kind.gap(job)) is not None:
            return Work(job, gap)
    raise UsageError(
        "no function stands there: put the cursor on one to implement it, on a comment that says "
        "what is wanted, or on the call of a function that nobody has written"
    )


COMMAND = Implement()
