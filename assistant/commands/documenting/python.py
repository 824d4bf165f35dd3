"""A Python docstring: what is wrong with it, and one with what the code has."""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import replace
from itertools import islice
from typing import Any

from assistant.commands.documenting import docstrings
from assistant.commands.documenting.docstrings import Doc, Manner, manner_of
from assistant.commands.documenting.promises import Promise, promise_at
from assistant.commands.documenting.unchanged import same_python
from assistant.commands.documenting.wording import SUMMARY, Wording, nothing_said, worded
from assistant.commands.links import fenced
from assistant.commands.protocol import Answer, Check, FileEdit, Job
from assistant.commands.sources import Sources
from assistant.context.walk import Skipped, walk
from assistant.settings import ContextSettings

_FILES = 40
"""Files of the project that are read for its style where the document's own tells nothing."""


async def document(job: Job) -> Answer:
    """The docstring of what stands at the cursor. Raises UsageError, EngineError."""
    text = job.place.document.text
    job.report("reading")
    found = await asyncio.to_thread(promise_at, text, job.place.start)
    manner = await asyncio.to_thread(project_manner, job)
    old = docstrings.read(found.doc) if found.doc is not None else Doc()
    checks = drift(found, old)
    if found.doc and (wrote := docstrings.style_of(found.doc)) != "plain":
        manner = replace(manner, style=wrote)
    sectioned = manner.style != "plain"
    wanted = _wanted(found, old, sectioned, bool(job.instruction))
    stale = any(check.passed is False for check in checks)
    if found.doc and not wanted and not stale:
        return Answer("The docstring says what the code has.\n", checks=tuple(checks))
    job.report("writing")
    wording = Wording({}, (), 0)
    if wanted:
        name = found.name or job.place.shown_path
        wording = await worded(job, name, found.source, "python", wanted)
    if SUMMARY in wording.unknown:
        return nothing_said(checks, wording)
    new = _filled(found, old, manner, wording, wanted)
    literal = docstrings.written(new, _order(found, new), manner, found.indent)
    return _answer(job, found, literal, checks, wording)


def _answer(
    job: Job, found: Promise, literal: str, checks: list[Check], wording: Wording
) -> Answer:
    text = job.place.document.text
    put = found.before + literal + found.after if found.doc is None else literal
    lead = len(found.before) if found.doc is None else 0
    if "\r\n" in text:
        # Offsets into the file count both characters of a line's end.
        lead += found.before.count("\n") if found.doc is None else 0
        put, literal = put.replace("\n", "\r\n"), literal.replace("\n", "\r\n")
    after = text[: found.start] + put + text[found.end :]
    old = (found.start, found.end)
    new = (found.start + lead, found.start + lead + len(literal))
    same = same_python(text, after, old, new)
    checks = [*checks, Check("parses", same), Check("code unchanged", same)]
    if wording.unknown:
        named = ", ".join(wording.unknown)
        checks.append(Check("words", None, f"the model had none for {named}"))
    if not same:
        why = "The answer would have changed the code, so it is not shown.\n"
        return Answer(why, (), tuple(checks), wording.attempts)
    edit = FileEdit(job.place.document.path, found.start, found.end, put)
    shown = fenced(found.indent + literal, "python")
    return Answer(shown, (edit,), tuple(checks), wording.attempts)


def drift(found: Promise, old: Doc) -> list[Check]:
    """What the docstring says and the code does not have, and the other way round."""
    if found.doc is None or found.kind != "function":
        return []
    names = [parameter.bare for parameter in found.parameters]
    gone = [name for name in old.parameters if name not in names]
    checks = [Check("documented parameters exist", not gone, _list("not there: ", gone))]
    if old.parameters:
        absent = [name for name in names if name not in old.parameters]
        checks.append(
            Check("parameters are documented", not absent, _list("not documented: ", absent))
        )
    if found.stub:
        return checks
    if old.returns is not None:
        gives = found.gives or (found.returns not in ("", "None") and not found.yields)
        # Some write what a generator yields as what it returns.
        gives = gives or found.yields
        detail = "" if gives else "it returns nothing"
        checks.append(Check("documented return exists", gives, detail))
    if old.yields is not None:
        detail = "" if found.yields else "it yields nothing"
        checks.append(Check("documented yield exists", found.yields, detail))
    if old.raises:
        unraised = _unraised(found, old)
        passed = None if unraised and found.calls else not unraised
        where = "only what it calls could raise " if found.calls else "it does not raise "
        checks.append(Check("documented errors exist", passed, _list(where, unraised)))
    return checks


def _unraised(found: Promise, old: Doc) -> list[str]:
    own = {name.rpartition(".")[2] for name in found.raises}
    return [name for name in old.raises if name.rpartition(".")[2] not in own]


def _list(head: str, names: list[str]) -> str:
    return head + ", ".join(names) if names else ""


def _wanted(found: Promise, old: Doc, sectioned: bool, again: bool) -> dict[str, str]:
    """The sentences that are missing, each with what is asked; all of them with ``again``."""
    wanted: dict[str, str] = {}
    if again or not old.intro:
        wanted[SUMMARY] = {
            "function": f"what `{found.name}` does",
            "class": f"what a `{found.name}` is for",
            "module": "what this file is for",
        }[found.kind]
    if found.kind != "function" or not sectioned:
        return wanted
    for parameter in found.parameters:
        if again or not old.parameters.get(parameter.bare):
            wanted[parameter.bare] = f"what the parameter `{parameter.bare}` is"
    if found.yields and (again or not (old.yields or old.returns)):
        wanted["Yields"] = "what it yields"
    elif found.gives and not found.yields and (again or not old.returns):
        wanted["Returns"] = "what it gives back"
    known = {name.rpartition(".")[2] for name in old.raises}
    for name in found.raises:
        if again or name.rpartition(".")[2] not in known:
            wanted[f"Raises {name}"] = f"when it raises {name}"
    return wanted


def _filled(
    found: Promise, old: Doc, manner: Manner, wording: Wording, wanted: dict[str, str]
) -> Doc:
    intro = wording[SUMMARY] if SUMMARY in wanted else old.intro
    if found.kind != "function":
        return replace(old, intro=intro)
    types = dict(old.types)
    parameters: dict[str, str] = {}
    for parameter in found.parameters:
        name = parameter.bare
        if name in wanted or name in old.parameters:
            parameters[name] = wording[name] if name in wanted else old.parameters[name]
        if parameter.annotation and (manner.typed or manner.style == "numpy"):
            types.setdefault(name, parameter.annotation)
    doc = Doc(intro, parameters, types, old.returns, old.yields, dict(old.raises), old.other)
    if not found.stub:
        gives = found.gives or found.yields or found.returns not in ("", "None")
        doc.returns = old.returns if gives else None
        doc.yields = old.yields if found.yields else None
        for name in _unraised(found, old) if not found.calls else []:
            del doc.raises[name]
    for key in wanted:
        if key == "Returns":
            doc.returns = _returned(found, manner, wording[key])
        elif key == "Yields":
            doc.yields = _returned(found, manner, wording[key])
        elif key.startswith("Raises "):
            doc.raises[key.removeprefix("Raises ")] = wording[key]
    return doc


def _returned(found: Promise, manner: Manner, said: str) -> str:
    if manner.style == "numpy":
        return f"{found.returns or 'object'}\n    {said}"
    typed = manner.style == "google" and manner.typed and found.returns
    return f"{found.returns}: {said}" if typed else said


def _order(found: Promise, doc: Doc) -> list[str]:
    return [parameter.name for parameter in found.parameters if parameter.bare in doc.parameters]


def project_manner(job: Job) -> Manner:
    """How the file, else the project, writes its docstrings."""
    sources = Sources(job.place)
    convention, width = _configured(sources)
    own = manner_of([job.place.document.text], convention, width)
    if own is not None and (own.style != "plain" or convention):
        return own
    texts = [document.text for document in job.place.open_documents]
    if sources.root is not None:
        files = walk(sources.root, ContextSettings(), Skipped())
        paths = (found.path for found in files if found.path.endswith(".py"))
        texts += [sources.text(path) or "" for path in islice(paths, _FILES)]
    project = manner_of(texts, convention, width)
    if own is None or project is None:
        return own or project or Manner(convention or "google", width=width)
    return replace(own, style=project.style, typed=project.typed)


def _configured(sources: Sources) -> tuple[str, int]:
    """The convention and the length of lines that ``pyproject.toml`` asks for."""
    try:
        tools: Any = tomllib.loads(sources.text("pyproject.toml") or "").get("tool", {})
        ruff = tools.get("ruff", {})
        lint = ruff.get("lint", ruff).get("pydocstyle", {})
        convention = lint.get("convention") or tools.get("pydocstyle", {}).get("convention", "")
        width = ruff.get("line-length") or tools.get("black", {}).get("line-length") or 88
    except (tomllib.TOMLDecodeError, AttributeError):
        return "", 88
    known = convention in ("google", "numpy")
    return convention if known else "", width if isinstance(width, int) else 88
