"""A command for tests, which enters through the registry (``ASSISTANT_PLUGINS=fake_command``).

It passes on what the model says and edits what its instruction lists: ``[[path below the
workspace folder, start, end, text], …]`` as JSON.
"""

from __future__ import annotations

import json
from pathlib import Path

from assistant.commands.model import Message
from assistant.commands.protocol import Answer, Check, FileEdit, Job, Place


class Recite:
    name = "recite"
    title = "Recite"
    kind = "quickfix"

    def offers(self, place: Place) -> bool:
        if "raise here" in place.document.text:
            raise ValueError(place.document.text)
        return "recite" in place.selected

    async def run(self, job: Job) -> Answer:
        job.report("reciting")
        shown = [place.text for place in job.place.open_documents]
        asked = json.dumps([job.place.document.text, dict(job.material), shown])
        reply = await job.model.ask([Message("user", asked)], 64, on_text=job.say)
        listed = json.loads(job.instruction or "[]")
        root = job.place.root or Path("/")
        edits = tuple(FileEdit(root / path, *rest) for path, *rest in listed)
        return Answer(reply.text, edits, (Check("recited", True, "all of it"),), 1)


COMMAND = Recite()
