"""A comment above a function or class: what is wrong with it, and one with what the code has."""

from __future__ import annotations

from dataclasses import replace

from assistant.commands.documenting import comments
from assistant.commands.documenting.comments import Comment
from assistant.commands.documenting.unchanged import same_leaves
from assistant.commands.documenting.wording import SUMMARY, Wording, nothing_said, worded
from assistant.commands.links import fenced
from assistant.commands.protocol import Answer, Check, FileEdit, Job
from assistant.syntax import Language


async def document(job: Job, found: Comment, language: Language) -> Answer:
    """The comment of ``found``. Raises EngineError."""
    checks = drift(found)
    wanted = _wanted(found, bool(job.instruction))
    if not wanted and all(check.passed is not False for check in checks):
        return Answer("The comment says what the code has.\n", checks=tuple(checks))
    job.report("writing")
    wording = Wording({}, (), 0)
    if wanted:
        wording = await worded(job, found.name, found.source, language.name, wanted)
    if SUMMARY in wording.unknown:
        return nothing_said(checks, wording)
    new = _filled(found, wording, wanted, language)
    put = comments.written(new)
    text = job.place.document.text
    if "\r\n" in text:
        put = put.replace("\n", "\r\n")
    after = text[: found.start] + put + text[found.end :]
    same = same_leaves(text, after, language)
    checks = [*checks, Check("code unchanged", same)]
    if wording.unknown:
        named = ", ".join(wording.unknown)
        checks.append(Check("words", None, f"the model had none for {named}"))
    if not same:
        why = "The answer would have changed the code, so it is not shown.\n"
        return Answer(why, (), tuple(checks), wording.attempts)
    edit = FileEdit(job.place.document.path, found.start, found.end, put)
    return Answer(fenced(put, language.name), (edit,), tuple(checks), wording.attempts)


def drift(found: Comment) -> list[Check]:
    """What the comment says and the code does not have, and the other way round."""
    said = found.parameters or {}
    checks: list[Check] = []
    if found.real is not None and said:
        gone = [name for name in said if name not in found.real]
        absent = [name for name in found.real if name not in said]
        checks.append(
            Check(
                "documented parameters exist",
                not gone,
                f"not there: {', '.join(gone)}" * bool(gone),
            )
        )
        detail = f"not documented: {', '.join(absent)}" if absent else ""
        checks.append(Check("parameters are documented", not absent, detail))
    if found.returns is not None and found.gives is not None:
        detail = "" if found.gives else "it returns nothing"
        checks.append(Check("documented return exists", found.gives, detail))
    return checks


def _wanted(found: Comment, again: bool) -> dict[str, str]:
    wanted: dict[str, str] = {}
    if again or not found.intro:
        wanted[SUMMARY] = f"what `{found.name}` does"
    if found.tagged and found.kind == "function":
        said = found.parameters or {}
        for name in found.real or ():
            if again or not said.get(name):
                wanted[name.lstrip("$")] = f"what the parameter `{name}` is"
        if found.gives and (again or found.returns is None):
            wanted["Returns"] = "what it gives back"
    return wanted


def _filled(
    found: Comment, wording: Wording, wanted: dict[str, str], language: Language
) -> Comment:
    intro = wording[SUMMARY] if SUMMARY in wanted else found.intro
    if SUMMARY in wanted and language.name == "go" and not intro.startswith(found.name):
        # Go's tools expect the name first: "Add adds two numbers."
        verb = intro.split(" ")[0].endswith("s")
        intro = f"{found.name} {intro[0].lower()}{intro[1:]}" if verb else f"{found.name}: {intro}"
    said = dict(found.parameters or {})
    for name in found.real or ():
        if name.lstrip("$") in wanted:
            said[name] = wording[name.lstrip("$")]
    returns = found.returns if found.gives is not False else None
    if "Returns" in wanted:
        returns = wording["Returns"]
    return replace(found, intro=intro, parameters=said, returns=returns)
