"""What a question is about: a selection, a function, a class, a file, or text that came with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from assistant.commands.explaining import diffs, traces
from assistant.commands.explaining.code import Code
from assistant.commands.explaining.parts import (
    Layout,
    Part,
    chunks,
    marker,
    plainly,
    spoken,
)
from assistant.commands.links import Fact
from assistant.commands.protocol import Job
from assistant.commands.references import References
from assistant.context.records import Located
from assistant.errors import UsageError
from assistant.syntax.symbols import CONTAINERS, Definition

MOST = 10
"""Places of one kind that are listed."""
_LARGEST = 1 << 20
"""Characters of a traceback or a diff that are read: the end of the one, the beginning of the
other."""


@dataclass(frozen=True, slots=True)
class Subject:
    """``text`` is shown to the model as ``what``, where it is too long in the parts of ``layout``;
    ``facts`` tie it to lines, ``used`` and ``calls`` are those of them that are listed for people
    as well; of a traceback ``used`` are its places in the project."""

    what: str
    text: str
    layout: Callable[[], Layout]
    language: str
    facts: tuple[Fact, ...] = ()
    used: tuple[Fact, ...] = ()
    calls: tuple[Fact, ...] = ()
    about: str = "code"


def subject(job: Job, references: References) -> Subject:
    """What ``job`` is about. Raises UsageError where there is nothing."""
    for kind, read in (("traceback", _traceback), ("diagnostic", _diagnostic), ("diff", _diff)):
        if job.material.get(kind, "").strip():
            given = job.material[kind]
            kept = given[-_LARGEST:] if kind == "traceback" else given[:_LARGEST]
            return read(job, kept, references)
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


def _code(job: Job, references: References, span: range) -> Callable[[], Layout]:
    """Lines of the document, 0-based; those at the cursor and what they name matter most."""

    def layout() -> Layout:
        sources, text = references.sources, job.place.document.text
        language = sources.language(sources.here)
        line = text.count("\n", 0, job.place.start)
        if language is None:
            shown = "\n".join(text.split("\n")[span.start : span.stop])
            return plainly(shown, job.place.shown_path, line - span.start)
        # Of what is selected nothing is pointed at more than the rest.
        near = range(0) if job.place.selected.strip() else range(line, line + 1)
        around = sources.around(sources.here, line)
        lines = sources.lines(sources.here)
        inner = lines[around.start_line : around.end_line] if around else []
        wanted = set(re.findall(r"\w+", "\n".join(inner)))
        definitions = sources.outline(sources.here).definitions
        return Code(sources.here, text, language, definitions, near, wanted).layout(span)

    return layout


def _language(references: References) -> str:
    found = references.sources.language(references.sources.here)
    return found.name if found else ""


def _definition(job: Job, definition: Definition, references: References) -> Subject:
    here = references.sources.here
    span = range(definition.start_line, definition.end_line)
    used = list(uses_of(references, here, definition))
    calls = references.calls(here, definition.start_line, definition.end_line)
    kind = "class" if definition.kind in CONTAINERS else definition.kind
    return _with_facts(
        f"the {kind} `{definition.name}` of {job.place.shown_path}",
        "\n".join(job.place.document.text.split("\n")[span.start : span.stop]),
        _code(job, references, span),
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
        _code(job, references, range(start, end)),
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
        _code(job, references, range(text.count("\n") + 1)),
        _language(references),
        [defined(Located(here, d)) for d in own[:MOST]],
        [fact for fact in used if fact],
        [defined(one) for one in calls],
    )


def _traceback(job: Job, text: str, references: References) -> Subject:
    sources = references.sources
    facts = list(traces.frames(text, sources))
    calls: list[Fact] = []
    if facts:
        last = sources.around(facts[-1].path, facts[-1].line)
        if last:
            found = references.calls(facts[-1].path, last.start_line, last.end_line)
            calls = [defined(one) for one in found]
    shown = traces.layout(text.strip("\n"), facts, sources)
    whole = "\n".join(part.whole for part in shown.parts)
    own = facts[-MOST:]
    return _with_facts("a traceback", whole, lambda: shown, "", own, own, calls, "error")


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
    said = "\n".join([text.strip()[:2000], "", f"Around {place.shown_path}:{line + 1}:"])
    first = Part(range(start, start), said, rank=(0,))
    parts = [first, *chunks(marked, start, range(line, line + 1))]
    shown = Layout(parts, marker("…", ""), spoken(place.shown_path))
    whole = "\n".join([said, *marked])
    return _with_facts("an error message", whole, lambda: shown, "", facts, [], calls, "error")


def _diff(job: Job, text: str, references: References) -> Subject:
    facts: list[Fact] = []
    used: list[Fact] = []
    for path, definition in diffs.changed(text, references):
        facts.append(defined(Located(path, definition)))
        if len(used) < MOST:
            used += uses_of(references, path, definition)
    parts = partial(diffs.layout, text)
    return _with_facts("a diff", text, parts, "diff", facts[:MOST], used, [], "change")


def _with_facts(
    what: str,
    text: str,
    layout: Callable[[], Layout],
    language: str,
    own: list[Fact],
    used: list[Fact],
    calls: list[Fact],
    about: str = "code",
) -> Subject:
    used, calls = _distinct(used), _distinct(calls)
    facts = _distinct([*own, *calls[:6], *used[:6]])
    return Subject(what, text, layout, language, tuple(facts), tuple(used), tuple(calls), about)


def _distinct(facts: list[Fact]) -> list[Fact]:
    found: dict[tuple[str, int], Fact] = {}
    for fact in facts:
        found.setdefault((fact.path, fact.line), fact)
    return list(found.values())
