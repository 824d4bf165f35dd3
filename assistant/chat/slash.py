"""``/name`` in a chat: a command, at the place that the message mentions or the editor's cursor."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from assistant import sandbox
from assistant.chat.chat import Chat, Listener
from assistant.chat.conversation import Turn
from assistant.chat.mentions import KINDS
from assistant.commands.protocol import Answer, Job, Place, commands
from assistant.errors import UsageError
from assistant.syntax import of_document
from assistant.types import Document

_SLASH = re.compile(r"/(?P<name>\w+)(?:\s+(?P<rest>.*))?\Z", re.DOTALL)
_PLACE = re.compile(r"@(?:file:)?(?P<path>[\w./-]*\w):(?P<first>\d+)(?:-(?P<last>\d+))?")


@dataclass(frozen=True, slots=True)
class Slash:
    """``rest`` is what stands behind the command's name."""

    name: str
    rest: str


def slash(message: str) -> Slash | None:
    """The command that ``message`` calls; None where it is none. Raises UsageError for a name that
    no command has."""
    found = _SLASH.match(message.strip())
    if found is None:
        return None
    names = commands().names()
    if found["name"] not in names:
        raise UsageError(f"no command /{found['name']}: there are {', '.join(names)}")
    return Slash(found["name"], found["rest"] or "")


async def run(chat: Chat, asked: Slash, listener: Listener, cursor: Place | None = None) -> Answer:
    """Run it, and keep question and answer in the conversation. Raises UsageError, EngineError."""
    place, instruction = _place(chat, asked.rest, cursor)
    texts = {
        kind: text for kind in KINDS[2:] if f"@{kind}" in asked.rest and (text := chat.texts(kind))
    }
    job = Job(
        place,
        chat.model,
        sandbox.run,
        chat.repository,
        instruction,
        {_MATERIAL[kind]: text for kind, text in texts.items()},
        say=listener.say,
        report=listener.report,
    )
    done = await commands().get(asked.name).run(job)
    chat.conversation.add(Turn("user", f"/{asked.name} {asked.rest}".strip()))
    chat.conversation.add(Turn("assistant", done.markdown))
    return done


_MATERIAL = {"diff": "diff", "diagnostics": "diagnostic", "tests": "test"}
"""A mention, and what commands call it."""


def _place(chat: Chat, rest: str, cursor: Place | None) -> tuple[Place, str]:
    """Where, and what else was said."""
    found = _PLACE.search(rest)
    if found is None:
        if cursor is None:
            raise UsageError("say where: for example /explain @src/app.py:10")
        return cursor, rest.strip()
    root, sources = Path(chat.conversation.root), chat.sources()
    path = sources.find(found["path"])
    if path is None:
        raise UsageError(f"{found['path']} is no file of {root}: check the name")
    text = sources.text(path) or ""
    starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text)]
    first = min(max(int(found["first"]) - 1, 0), len(starts) - 2)
    start = end = starts[first]
    if found["last"]:
        end = starts[min(max(int(found["last"]), first + 1), len(starts) - 1)]
    language = of_document(path, text)
    document = Document(root / path, text, language.name if language else "")
    instruction = (rest[: found.start()] + rest[found.end() :]).strip()
    return Place(document, start, end, root, chat.open_documents), instruction
