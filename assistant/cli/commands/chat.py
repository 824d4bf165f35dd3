"""Talk about a repository: answers that cite it, @mentions, /commands, kept and resumable.

``@src/app.py``, ``@symbol:Name``, ``@diff``, ``@diagnostics`` (pyflakes') and ``@tests`` (run in
the sandbox) show the model what you mean; ``/explain @src/app.py:10`` runs a command, ``/thoughts``
shows what the model thought before its last answer. ``/help`` names what there is, Ctrl-C stops an
answer, Ctrl-D or ``/quit`` ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.options import JsonOption, RootOption

if TYPE_CHECKING:
    from assistant.chat.chat import Chat
    from assistant.chat.conversation import Conversation, Turn
    from assistant.commands.protocol import Answer, Place

NAME = "chat"


def command(
    message: Annotated[list[str] | None, typer.Argument(help="Ask this, and end.")] = None,
    resume: Annotated[
        str, typer.Option(metavar="ID", help="Go on with a conversation; `last` is the newest.")
    ] = "",
    listed: Annotated[bool, typer.Option("--list", help="Name the conversations.")] = False,
    root: RootOption = None,
    json_mode: JsonOption = False,
) -> None:
    from assistant.chat.conversation import Conversation, conversations, load
    from assistant.cli.options import existing_folder, settings
    from assistant.cli.output import emit
    from assistant.context.roots import find_root
    from assistant.errors import UsageError

    folder = existing_folder(root) if root else find_root(Path.cwd())
    if listed:
        found = [_summary(each) for each in conversations()]
        emit(found, json_mode, lambda: _print_list(found))
        return
    if json_mode and not message:
        raise UsageError("--json answers one message: give it on the command line")
    conversation = load(resume) if resume else Conversation.new(folder)
    _Terminal(conversation, json_mode).run(settings(), " ".join(message or []))


class _Terminal:
    """A conversation in a terminal. The event loop runs while an answer is made only, so that a
    line is read as shells read it."""

    def __init__(self, conversation: Conversation, json_mode: bool) -> None:
        self.conversation = conversation
        self.json_mode = json_mode

    def run(self, settings: Any, message: str) -> None:
        from assistant.cli.asking import session
        from assistant.cli.reading import HELP, lines, tell
        from assistant.cli.talking import THOUGHTS

        if message.strip() == THOUGHTS:
            self._show_thoughts()
            return
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            opened = session(settings, Path(self.conversation.root))
            one = loop.run_until_complete(opened.__aenter__())
            try:
                chat = self._chat(settings, one.model, one.repository)
                if message:
                    try:
                        self._answer(loop, chat, message)
                    except asyncio.CancelledError:
                        raise typer.Exit(130) from None  # as a shell reports Ctrl-C
                    return
                for line in lines():
                    if line == THOUGHTS:
                        self._show_thoughts()
                    elif line == HELP:
                        tell()
                    else:
                        self._one(loop, chat, line)
            finally:
                loop.run_until_complete(opened.__aexit__(None, None, None))

    def _show_thoughts(self) -> None:
        """What the model thought before the conversation's last answer."""
        from assistant.cli.output import emit, err, out

        said = [turn for turn in self.conversation.turns if turn.role == "assistant"]
        thought = said[-1].thinking if said else ""

        def human() -> None:
            if thought.strip():
                out().print(thought.strip(), style="dim", markup=False)
            else:
                err().print("the last answer came without thoughts", style="dim")

        emit({"conversation": self.conversation.id, "thinking": thought}, self.json_mode, human)

    def _chat(self, settings: Any, model: Any, repository: Any) -> Chat:
        import os

        from assistant.chat.chat import Chat
        from assistant.chat.texts import Texts
        from assistant.sandbox.environments import find

        root = Path(self.conversation.root)
        python = find(root, settings.sandbox.python, os.environ).python
        self.texts = Texts(root, python=python)
        return Chat(self.conversation, model, repository, self.texts, python=python)

    def _one(self, loop: asyncio.AbstractEventLoop, chat: Chat, line: str) -> None:
        """A line of a longer talk: an error is said, and the talk goes on."""
        from assistant.cli.output import err
        from assistant.errors import AssistantError

        try:
            self._answer(loop, chat, line)
        except asyncio.CancelledError:
            err().print("stopped", style="dim")
        except AssistantError as error:
            err().print(str(error), markup=False, style="red")

    def _answer(self, loop: asyncio.AbstractEventLoop, chat: Chat, message: str) -> None:
        from assistant import sandbox
        from assistant.chat import slash
        from assistant.chat.chat import Listener
        from assistant.cli.commands.do import changes
        from assistant.cli.output import emit
        from assistant.cli.talking import shown

        called = slash.slash(message)
        proposed: tuple[Answer, Place] | None = None
        with shown(self.json_mode) as display, sandbox.stoppable() as run:
            # Tests that run for ``@tests`` end with the answer that is stopped.
            chat.texts = replace(self.texts, run=run)
            listener = Listener(display.say, display.think, display.report)
            if called is None:
                _until_stopped(loop, chat.answer(message, listener))
            else:
                job = _until_stopped(loop, slash.prepared(chat, called, listener))
                proposed = _until_stopped(loop, slash.run(chat, called, job)), job.place
        assert chat.kept is not None
        payload = _payload(chat.conversation, chat.kept)
        if proposed is not None and self.json_mode:
            payload |= changes(*proposed)
        emit(payload, self.json_mode, lambda: None)
        if proposed is not None and proposed[0].edits and not self.json_mode:
            _propose(*proposed)


def _propose(answer: Answer, place: Place) -> None:
    """Show a command's edits, and write them if the user says so."""
    from assistant.cli.output import err
    from assistant.cli.writing import show, write

    show(answer, place)
    said = ""
    if sys.stdin.isatty():
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            said = input("write this? [y/N] ")
    if said.strip().lower() in ("y", "yes"):
        write(answer, place)
        err().print("written", style="dim")
    else:
        err().print("nothing was written", style="dim")


def _until_stopped(loop: asyncio.AbstractEventLoop, work: Any) -> Any:
    """What ``work`` gives; Ctrl-C cancels it, and only it."""
    task = loop.create_task(work)
    with contextlib.suppress(NotImplementedError):  # Windows has no handlers in a loop
        loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        return loop.run_until_complete(task)
    finally:
        with contextlib.suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGINT)


def _payload(conversation: Conversation, turn: Turn) -> dict[str, Any]:
    return {"conversation": conversation.id, **asdict(turn)}


def _summary(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation": conversation.id,
        "root": conversation.root,
        "title": conversation.title,
        "turns": len(conversation.turns),
    }


def _print_list(found: list[dict[str, Any]]) -> None:
    from assistant.cli.output import out

    for each in found:
        out().print(f"{each['conversation']}  {each['title']}", markup=False)
