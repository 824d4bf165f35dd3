"""What a message points to: ``@file:path``, ``@symbol:name``, ``@diff``, ``@diagnostics``,
``@tests``.

``@path/to/file.py`` and ``@path/to/file.py:10-20`` are files too. What only looks like one, such as
``@pytest.fixture`` or ``@types/node``, is plain text where there is no such file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.commands.lookup import TEXTS as TEXT_FILES
from assistant.commands.sources import Sources
from assistant.context.repository import Repository
from assistant.errors import UsageError
from assistant.syntax import of_path

TEXTS = ("diff", "diagnostics", "tests")
KINDS = ("file", "symbol", "selection", *TEXTS)
"""What the user points to: it is shown as far as it goes."""
_MENTION = re.compile(
    r"(?<![\w@])@(?:(?P<kind>file|symbol):(?P<name>[^\s,;]+)"
    r"|(?P<bare>diff|diagnostics|tests)\b"
    r"|(?P<path>[\w.-]*[/.][\w./-]*\w)(?P<lines>:\d+(?:-\d+)?)?)"
)
_LINES = re.compile(r"^(?P<path>.+?):(?P<first>\d+)(?:-(?P<last>\d+))?$")
MOST_SYMBOLS = 4


@dataclass(frozen=True, slots=True)
class Material:
    """A piece of what was asked for. ``line`` is 0-based, that of ``text``'s first line."""

    what: str
    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Pointed:
    """Where a message points to: the line, 0-based, or those up to ``last``, which is not one of
    them. ``rest`` is the message without the mention."""

    path: str
    line: int
    last: int | None
    rest: str


@dataclass(frozen=True, slots=True)
class Given:
    """What came of the mentions of a message; ``missing`` are those that lead nowhere."""

    material: tuple[Material, ...] = ()
    missing: tuple[str, ...] = ()


class Texts(Protocol):
    """What ``diff``, ``diagnostics`` and ``tests`` stand for."""

    def __call__(self, kind: str, mentioned: Sequence[str], /, *, wrong: bool = False) -> str:
        """The text of ``kind``, about the files that are mentioned beside it; empty where there is
        none and, if only what is ``wrong`` is asked for, where nothing is. Raises UsageError."""


def no_texts(kind: str, mentioned: Sequence[str], *, wrong: bool = False) -> str:
    """Where nobody knows any."""
    return ""


def resolve(message: str, sources: Sources, repository: Repository | None, texts: Texts) -> Given:
    """What ``message`` mentions, in its order. Raises UsageError where ``texts`` does."""
    mentions = list(_MENTION.finditer(message))
    named = {m.start(): _named(m, sources, repository) for m in mentions if not m["bare"]}
    files = tuple(dict.fromkeys(each.path for found in named.values() for each in found))
    material: list[Material] = []
    missing: list[str] = []
    for mention in mentions:
        if bare := mention["bare"]:
            text = texts(bare, files)
            found = [Material(bare, "", 0, text)] if text.strip() else []
        else:
            found = named[mention.start()]
        if not found and not _plain(mention):
            missing.append(mention[0])
        material += [each for each in found if each not in material]
    return Given(tuple(material), tuple(dict.fromkeys(missing)))


def place(message: str, sources: Sources, repository: Repository | None) -> Pointed | None:
    """The first file or symbol that ``message`` mentions. Raises UsageError for one that is not
    there."""
    for mention in _MENTION.finditer(message):
        if mention["bare"]:
            continue
        if found := _named(mention, sources, repository):
            break
        if not _plain(mention):
            raise UsageError(f"nothing found for {mention[0]}: check the name")
    else:
        return None
    material, lines = found[0], len(found[0].text.split("\n"))
    whole = mention["kind"] != "symbol" and not _LINES.match(_written(mention))
    # A symbol, a line or a file is pointed at; lines are selected.
    last = material.line + lines if lines > 1 and material.what == "file" and not whole else None
    without = (message[: mention.start()] + message[mention.end() :]).strip()
    return Pointed(material.path, material.line, last, without)


def without_texts(message: str) -> str:
    """``message`` without ``@diff``, ``@diagnostics`` and ``@tests``."""
    left = _MENTION.sub(lambda mention: "" if mention["bare"] else mention[0], message)
    return left if left == message else re.sub(r"[ \t]{2,}", " ", left).strip()


def _plain(mention: re.Match[str]) -> bool:
    """Whether one that leads nowhere is no mention: a decorator, the name of a package."""
    path = mention["path"]
    if not path or mention["lines"]:
        return False
    return of_path(path) is None and not path.lower().endswith(TEXT_FILES)


def _written(mention: re.Match[str]) -> str:
    return mention["name"] or mention["path"] + (mention["lines"] or "")


def _named(
    mention: re.Match[str], sources: Sources, repository: Repository | None
) -> list[Material]:
    if mention["kind"] == "symbol":
        return _symbol(mention["name"], sources, repository)
    return _file(_written(mention), sources)


def _file(written: str, sources: Sources) -> list[Material]:
    lines = _LINES.match(written)
    path = sources.find(lines["path"] if lines else written)
    if path is None:
        return []
    first = int(lines["first"]) - 1 if lines else 0
    last = int(lines["last"] or lines["first"]) if lines else None
    text = "\n".join(sources.lines(path)[first:last])
    return [Material("file", path, first, text)] if text.strip() else []


def _symbol(name: str, sources: Sources, repository: Repository | None) -> list[Material]:
    if repository is None:
        return []
    owner, _, last = name.rpartition(".")
    found = repository.definitions(last)
    if owner:
        found = [each for each in found if each.definition.parent.endswith(owner)]
    material = []
    for each in found[:MOST_SYMBOLS]:
        start, end = each.definition.start_line, each.definition.end_line
        text = "\n".join(sources.lines(each.path)[start:end])
        if text.strip():
            material.append(Material("symbol", each.path, start, text))
    return material
