"""What a question is about: a selection, a function, a class, a file, or text that came with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.commands.links import Fact
from assistant.commands.protocol import Job
from assistant.commands.references import References
from assistant.context.records import Located
from assistant.errors import UsageError
from assistant.syntax.symbols import CONTAINERS, Definition

MOST = 10
"""Places of one kind that are listed."""
_LARGEST = 40_000
"""Characters of a traceback or a diff that are read."""
_FRAMES = (
    re.compile(r'File "(?P<path>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<name>\S+))?'),
    re.compile(r"at (?:(?P<name>[\w.$<>]+) )?\(?(?P<path>[^\s()]+?):(?P<line>\d+)(?::\d+)?\)?"),
    re.compile(r"(?P<path>[\w./@+-]+\.\w+):(?P<line>\d+)(?P<name>)"),
)
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_ABOUT = 3
"""Lines shown around a line of a traceback."""


@dataclass(frozen=True, slots=True)
class Subject:
    """``text`` is shown to the model as ``what``; ``facts`` tie it to lines, ``used`` and
    ``calls`` are those of them that are listed for people as well."""

    what: str
    text: str
    language: str
    facts: tuple[Fact, ...] = ()
    used: tuple[Fact, ...] = ()
    calls: tuple[Fact, ...] = ()
    about: str = "code"


def subject(job: Job, references: References) -> Subject:
    """What ``job`` is about. Raises UsageError where there is nothing."""
    for kind, read in (("traceback", _traceback), ("diagnostic", _diagnostic), ("diff", _diff)):
        if job.material.get(kind, "").strip():
            return read(job, job.material[kind][:_LARGEST], references)
    place, sources = job.place, references.sources
    if not place.document.text.strip():
        raise UsageError(f"{place.shown_path} is empty: there is nothing to explain")
    if place.selected.strip():
        return _selection(job, references)
    if sources.language(sources.here) is None:
        raise UsageError(
            f"the language of {place.shown_path} is not known: select the text to explain"
        )
    line = place.document.text.count("\n", 0, place.start)
    definition = sources.around(sources.here, line)
    return _definition(job, definition, references) if definition else _file(job, references)


def uses_of(references: References, path: str, definition: Definition) -> Iterator[Fact]:
    """The uses of a definition as facts."""
    for use in references.uses(path, definition):
        how = "calls" if use.call else "uses"
        within = f"`{use.within}` {how} `{definition.name}`" if use.within else f"{how} it"
        yield Fact(use.path, use.line, within, use.text)


def defined(located: Located) -> Fact:
    """That something is defined somewhere, with the first line of its signature."""
    found = located.definition
    name = f"{found.parent}.{found.name}" if found.parent else found.name
    lines = [line for line in found.signature.split("\n") if not line.startswith("@")]
    return Fact(located.path, found.start_line, f"defines `{name}`", " ".join(lines)[:160])


def _language(references: References) -> str:
    found = references.sources.language(references.sources.here)
    return found.name if found else ""


def _definition(job: Job, definition: Definition, references: References) -> Subject:
    here = references.sources.here
    lines = job.place.document.text.split("\n")[definition.start_line : definition.end_line]
    used = list(uses_of(references, here, definition))
    calls = references.calls(here, definition.start_line, definition.end_line)
    kind = "class" if definition.kind in CONTAINERS else definition.kind
    return _with_facts(
        f"the {kind} `{definition.name}` of {job.place.shown_path}",
        "\n".join(lines),
        _language(references),
        [defined(Located(here, definition))],
        used,
        [defined(one) for one in calls],
    )


def _selection(job: Job, references: References) -> Subject:
    place, here = job.place, references.sources.here
    start = place.document.text.count("\n", 0, place.start)
    end = place.document.text.count("\n", 0, place.end) + 1
    definition = references.sources.around(here, start)
    own = [defined(Located(here, definition))] if definition else []
    calls = [defined(one) for one in references.calls(here, start, end)]
    within = f" in `{definition.name}`" if definition else ""
    return _with_facts(
        f"lines {start + 1} to {end} of {place.shown_path}{within}",
        place.selected,
        _language(references),
        own,
        [],
        calls,
    )


def _file(job: Job, references: References) -> Subject:
    sources = references.sources
    here = sources.here
    own = [d for d in sources.outline(here).definitions if not d.parent]
    own = [d for d in own if d.kind not in ("field", "variable")]
    used = [
        next((f for f in uses_of(references, here, d) if f.path != here), None) for d in own[:20]
    ]
    text = job.place.document.text
    calls = references.calls(here, 0, text.count("\n") + 1)
    return _with_facts(
        f"the file {job.place.shown_path}",
        text,
        _language(references),
        [defined(Located(here, d)) for d in own[:MOST]],
        [fact for fact in used if fact],
        [defined(one) for one in calls],
    )


def _traceback(job: Job, text: str, references: References) -> Subject:
    facts, shown = list(_frames(text, references)), []
    for fact in facts[-3:]:
        lines = references.sources.lines(fact.path)
        start = max(0, fact.line - _ABOUT)
        about = "\n".join(lines[start : fact.line + _ABOUT + 1])
        shown.append(f"Around {fact.place}:\n{about}")
    calls: list[Fact] = []
    if facts:
        last = references.sources.around(facts[-1].path, facts[-1].line)
        if last:
            found = references.calls(facts[-1].path, last.start_line, last.end_line)
            calls = [defined(one) for one in found]
    # The end of a traceback says what happened.
    whole = "\n\n".join([text[-6000:].strip(), *shown])
    return _with_facts("a traceback", whole, "", facts[-MOST:], [], calls, "error")


def _frames(text: str, references: References) -> Iterator[Fact]:
    sources, seen = references.sources, set[tuple[str, int]]()
    for frame in (found for line in text.split("\n") for found in _matches(line)):
        path, line = sources.find(frame["path"].removeprefix("file://")), int(frame["line"]) - 1
        content = sources.line(path, line) if path is not None else None
        if path is None or content is None or (path, line) in seen:
            continue
        seen.add((path, line))
        around = sources.around(path, line)
        where = f"is in `{around.name}`, where the error passed" if around else "was passed"
        yield Fact(path, line, where, content.strip())


def _matches(line: str) -> list[re.Match[str]]:
    line = line[:1000]
    return next((found for one in _FRAMES if (found := list(one.finditer(line)))), [])


def _diagnostic(job: Job, text: str, references: References) -> Subject:
    place, here = job.place, references.sources.here
    line = place.document.text.count("\n", 0, place.start)
    lines = place.document.text.split("\n")
    around = references.sources.around(here, line)
    start, end = (around.start_line, around.end_line) if around else (line - 8, line + 9)
    start, end = max(start, line - 30, 0), min(end, line + 30)
    marked = [
        f"{'>' if number == line else ' '} {lines[number]}"
        for number in range(start, min(end, len(lines)))
    ]
    facts = [Fact(here, line, "is where it is reported", lines[line].strip())]
    calls = [defined(one) for one in references.calls(here, line, line + 1)]
    whole = "\n".join([text.strip()[:2000], "", f"Around {place.shown_path}:{line + 1}:", *marked])
    return _with_facts("an error message", whole, "", facts, [], calls, "error")


def _diff(job: Job, text: str, references: References) -> Subject:
    facts: list[Fact] = []
    used: list[Fact] = []
    for path, definition in _changed(text, references):
        facts.append(defined(Located(path, definition)))
        if len(used) < MOST:
            used += uses_of(references, path, definition)
    return _with_facts("a diff", text, "diff", facts[:MOST], used, [], "change")


def _changed(text: str, references: References) -> Iterator[tuple[str, Definition]]:
    path: str | None = None
    seen: set[tuple[str, int]] = set()
    number = 0
    for line in text.split("\n"):
        if line.startswith("+++ "):
            written = line[4:].split("\t")[0].strip()
            path = references.sources.find(written.removeprefix("b/"))
        elif hunk := _HUNK.match(line):
            number = int(hunk[1]) - 1
        elif path is not None and line[:1] in ("+", " "):
            around = references.sources.around(path, number) if line[0] == "+" else None
            if around and (path, around.start_line) not in seen:
                seen.add((path, around.start_line))
                yield path, around
            number += 1


def _with_facts(
    what: str,
    text: str,
    language: str,
    own: list[Fact],
    used: list[Fact],
    calls: list[Fact],
    about: str = "code",
) -> Subject:
    used, calls = _distinct(used), _distinct(calls)
    facts = _distinct([*own, *calls[:6], *used[:6]])
    return Subject(what, text, language, tuple(facts), tuple(used), tuple(calls), about)


def _distinct(facts: list[Fact]) -> list[Fact]:
    found: dict[tuple[str, int], Fact] = {}
    for fact in facts:
        found.setdefault((fact.path, fact.line), fact)
    return list(found.values())
