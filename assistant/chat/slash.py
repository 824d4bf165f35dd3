"""``/name`` in a chat: a command, at the place that the message mentions or the editor's cursor.

Only what the user typed is ever looked at here: a model's answer that begins so is text.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

from assistant import sandbox
from assistant.chat import mentions
from assistant.chat.chat import Chat, Listener
from assistant.chat.conversation import Turn
from assistant.chat.mentions import TEXTS
from assistant.commands.protocol import Answer, Command, Job, Place, commands
from assistant.errors import UsageError
from assistant.syntax import of_document
from assistant.types import Document

_SLASH = re.compile(r"/(?P<name>\w+)(?:\s+(?P<rest>.*))?\Z", re.DOTALL)
_MATERIAL = {"diff": "diff", "diagnostics": "diagnostic", "tests": "traceback"}
"""A mention, and what commands call it: the output of tests says where they failed."""


@dataclass(frozen=True, slots=True)
class Slash:
    """``rest`` is what stands behind the command's name."""

    name: str
    rest: str

    @property
    def command(self) -> Command:
        return commands().get(self.name)


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


async def prepared(
    chat: Chat, asked: Slash, listener: Listener, cursor: Place | None = None
) -> Job:
    """What the command is given. ``cursor`` counts where the message says no place. Raises
    UsageError for a place or a mention that leads nowhere."""
    return await asyncio.to_thread(_prepared, chat, asked, listener, cursor)


async def run(chat: Chat, asked: Slash, job: Job) -> Answer:
    """Run it, and keep question and answer in the conversation; of one that is cancelled, what it
    had said. The answer is said in any case, and nothing of it runs on. Raises UsageError,
    EngineError."""
    said: list[str] = []
    say = job.say

    def noted(text: str) -> None:
        said.append(text)
        say(text)

    job.say = noted
    question = f"/{asked.name} {asked.rest}".strip()
    try:
        with sandbox.stoppable() as job.run:
            done = await asked.command.run(job)
    except asyncio.CancelledError:
        chat.keep(question, Turn("assistant", "".join(said), stopped=True))
        raise
    if not said:
        say(done.markdown)
    chat.keep(question, Turn("assistant", done.markdown))
    return done


def _prepared(chat: Chat, asked: Slash, listener: Listener, cursor: Place | None) -> Job:
    sources = chat.sources()
    pointed = mentions.place(asked.rest, sources, chat.repository)
    if pointed is not None:
        place, instruction = _at(chat, pointed), pointed.rest
        files = [pointed.path]
    elif cursor is not None:
        place, instruction, files = cursor, asked.rest.strip(), list[str]()
    else:
        raise UsageError(f"say where: for example /{asked.name} @src/app.py:10")
    material = {
        _MATERIAL[kind]: text
        for kind in TEXTS
        if re.search(rf"(?<![\w@])@{kind}\b", asked.rest)
        and (text := chat.texts(kind, files, wrong=True))
    }
    return Job(
        place,
        chat.model,
        sandbox.run,
        chat.repository,
        mentions.without_texts(instruction),
        material,
        say=listener.say,
        report=listener.report,
        python=chat.python,
    )


def _at(chat: Chat, pointed: mentions.Pointed) -> Place:
    root = Path(chat.conversation.root)
    text = chat.sources().text(pointed.path) or ""
    starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text)]
    first = min(pointed.line, len(starts) - 2)
    start = end = starts[first]
    if pointed.last is not None:
        end = starts[min(pointed.last, len(starts) - 1)]
    language = of_document(pointed.path, text)
    document = Document(root / pointed.path, text, language.name if language else "")
    return Place(document, start, end, root, chat.open_documents)
