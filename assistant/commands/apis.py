"""What somebody asks the usage of: where it is defined, and every place that calls it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.commands.protocol import Job
from assistant.commands.references import References, Use
from assistant.commands.sources import Sources
from assistant.context.records import Located
from assistant.errors import UsageError
from assistant.syntax.symbols import Definition

MOST, OF_A_FILE = 8, 3
"""Call sites that are shown, in all and of one file."""
CALLED = ("function", "class")
"""Kinds that are used by calling them."""
_LINES = 3
"""Lines of a call site."""
_PROPERTY = re.compile(r"^@(?:\w+\.)*(?:cached_)?property\b", re.MULTILINE)
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Api:
    """What is asked about. ``uses`` are its calls, else the places that name it without calling
    it; ``sites`` are the lines of those that are ``shown``."""

    path: str
    definition: Definition
    source: str
    uses: tuple[Use, ...]
    shown: tuple[Use, ...]
    sites: tuple[str, ...]
    language: str

    @property
    def qualified(self) -> str:
        parent = self.definition.parent
        return f"{parent}.{self.definition.name}" if parent else self.definition.name

    @property
    def kind(self) -> str:
        """How it is used: as a ``function``, a ``class``, a ``property``, or something ``else``."""
        return _kind(self.definition)

    @property
    def only_named(self) -> bool:
        """Whether nothing calls it and something names it, of what is there to be called."""
        return self.kind in CALLED and bool(self.uses) and not any(use.call for use in self.uses)


def api_of(job: Job, sources: Sources) -> Api:
    """What ``job`` asks about. Raises UsageError where nothing can be called."""
    with References(sources, job.repository) as references:
        path, definition = _meant(job, references)
        lines = sources.lines(path)
        found = references.uses(path, definition)
        calls = [use for use in found if use.call]
        uses = calls if calls and _kind(definition) in CALLED else found
        shown = _spread(uses)
        language = sources.language(path)
        source = "\n".join(lines[definition.start_line : definition.end_line])
        sites = tuple(_around(sources, use) for use in shown)
        name = language.name if language else ""
        return Api(path, definition, source, tuple(uses), tuple(shown), sites, name)


def _kind(definition: Definition) -> str:
    if _PROPERTY.search(definition.signature):
        return "property"
    known = {"function": "function", "method": "function", "class": "class"}
    return known.get(definition.kind, "else")


def _spread(uses: list[Use]) -> list[Use]:
    """The first, but a few of each file: no file fills the list by itself."""
    found: list[Use] = []
    for use in uses:
        if len(found) < MOST and sum(use.path == one.path for one in found) < OF_A_FILE:
            found.append(use)
    return found


def _meant(job: Job, references: References) -> tuple[str, Definition]:
    """What the instruction names, else the name at the cursor, else the function around it."""
    sources, place = references.sources, job.place
    text, here = place.document.text, sources.here
    line = text.count("\n", 0, place.start)
    for word in _WORD.findall(job.instruction):
        if found := _defined(references, word):
            return found.path, found.definition
    if word := _word_at(text, place.start, place.end):
        meant = references.meaning(here, line, word)
        on_line = [d for d in sources.outline(here).definitions if d.start_line == line]
        for definition in on_line:
            if definition.name == word:
                return here, definition
        if meant is not None:
            return meant.path, meant.definition
    around = sources.around(here, line)
    if around is None:
        raise UsageError("nothing that can be called stands there: put the cursor on its name")
    return here, around


def _defined(references: References, word: str) -> Located | None:
    """The one definition of a word that somebody wrote; words of plain prose mean none."""
    found = [one for one in references.definitions(word) if one.definition.kind != "variable"]
    return found[0] if len(found) == 1 else None


def _word_at(text: str, start: int, end: int) -> str:
    chosen = text[start:end].strip()
    if chosen:
        return chosen if _WORD.fullmatch(chosen) else ""
    before = re.search(r"\w*\Z", text[max(0, start - 200) : start])
    behind = re.match(r"\w*", text[start : start + 200])
    return (before[0] if before else "") + (behind[0] if behind else "")


def _around(sources: Sources, use: Use) -> str:
    """The statement that a use stands in, as far as its brackets go on."""
    lines = sources.lines(use.path)
    taken = [lines[use.line]]
    depth = _open(taken[0])
    while depth > 0 and len(taken) < _LINES and use.line + len(taken) < len(lines):
        taken.append(lines[use.line + len(taken)])
        depth += _open(taken[-1])
    margin = len(taken[0]) - len(taken[0].lstrip())
    return "\n".join(line[min(margin, len(line) - len(line.lstrip())) :] for line in taken)


def _open(line: str) -> int:
    return sum((letter in "([{") - (letter in ")]}") for letter in line)
