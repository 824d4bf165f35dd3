"""A function whose body is to be written."""

from __future__ import annotations

import textwrap

from assistant.commands import surroundings
from assistant.commands.functions import Function, function_at
from assistant.commands.implementing.callers import callers
from assistant.commands.implementing.comments import comment_at
from assistant.commands.implementing.gap import Gap
from assistant.commands.protocol import Job, Place


def offers(place: Place) -> bool:
    found = function_at(place.document, place.start)
    return found is not None and found.is_stub


def gap(job: Job) -> Gap | None:
    """The body of the function at the cursor; None where there is none."""
    function = function_at(job.place.document, job.place.start)
    return of(job, function) if function else None


def of(job: Job, function: Function) -> Gap:
    """The body of ``function``. Without a docstring, its callers and comments say what it is."""
    asked = f"Complete the function `{function.qualified}` of {job.place.shown_path}."
    said = "" if function.doc and function.language.name == "python" else _above(job, function)
    if said:
        asked += f" A comment above it says:\n{said}"
    if notes := _notes(function):
        asked += f"\nThis stands in its body:\n{notes}"
    uses, calls = ((), "") if function.doc or said else callers(job, function)
    if calls:
        asked = f"`{function.qualified}` is called like this:\n{calls}\n{asked}"
    return Gap(
        text=function.text,
        language=function.language,
        start=function.body,
        end=function.end,
        asked=asked,
        begun=surroundings.dedented(function.opening),
        fit=lambda code: _with_comments(surroundings.body_of(code, function), function),
        target=function,
        opening=function.opening,
        function=function,
        promise=said,
        uses=uses,
    )


def _above(job: Job, function: Function) -> str:
    """What a comment right above it says."""
    line = function.text.rfind("\n", 0, function.start)
    found = comment_at(job.place.document, line) if line > 0 else None
    return found.said if found is not None and found.end == line and found.is_prose else ""


def _with_comments(body: str, function: Function) -> str:
    """``body`` behind those of the stub's comments that it does not say again."""
    mark = function.language.line_comment
    if not mark or not function.is_stub:
        return body
    first, *others = function.written.split("\n")
    again = {line.strip() for line in body.split("\n")}
    kept = [line.strip() for line in others if line.strip().startswith(mark)]
    lines = "".join(f"\n{function.indent}{line}" for line in kept if line not in again)
    # On the line of the colon or the docstring, it is about that.
    beside = first.rstrip() if first.strip().startswith(mark) else ""
    return beside + lines + body


def _notes(function: Function) -> str:
    """The comments of a body that holds nothing else yet."""
    mark = function.language.line_comment
    if not mark or not function.is_stub:
        return ""
    lines = [line for line in function.written.split("\n") if line.strip().startswith(mark)]
    return textwrap.dedent("\n".join(lines))
