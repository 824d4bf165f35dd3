"""What a message points to: ``@file:path``, ``@symbol:name``, ``@diff``, ``@diagnostics``,
``@tests``.

``@path/to/file.py`` and ``@path/to/file.py:10-20`` are files too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.commands.sources import Sources
from assistant.context.repository import Repository

KINDS = ("file", "symbol", "diff", "diagnostics", "tests")
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
class Given:
    """What came of the mentions of a message; ``missing`` are those that lead nowhere."""

    material: tuple[Material, ...] = ()
    missing: tuple[str, ...] = ()


def resolve(
    message: str,
    sources: Sources,
    repository: Repository | None,
    texts: Callable[[str], str],
) -> Given:
    """What ``message`` mentions. ``texts`` gives that of ``diff``, ``diagnostics`` and ``tests``,
    empty where there is none."""
    material: list[Material] = []
    missing: list[str] = []
    for mention in _MENTION.finditer(message):
        found = list(_found(mention, sources, repository, texts))
        if not found:
            missing.append(mention[0])
        material += [each for each in found if each not in material]
    return Given(tuple(material), tuple(dict.fromkeys(missing)))


def _found(
    mention: re.Match[str],
    sources: Sources,
    repository: Repository | None,
    texts: Callable[[str], str],
) -> Sequence[Material]:
    if bare := mention["bare"]:
        text = texts(bare)
        return [Material(bare, "", 0, text)] if text.strip() else []
    if mention["kind"] == "symbol":
        return _symbol(mention["name"], sources, repository)
    return _file(mention["name"] or mention["path"] + (mention["lines"] or ""), sources)


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
