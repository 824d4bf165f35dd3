"""A comment that asks for code: a whole function where none is around it, else the statements of
that function that it asks for. The comment stays."""

from __future__ import annotations

import re
import textwrap

from assistant.commands import surroundings
from assistant.commands.checking.examples import examples
from assistant.commands.documenting.python import project_manner
from assistant.commands.functions import Function, functions
from assistant.commands.implementing import stub
from assistant.commands.implementing.comments import Comment, around, comment_at
from assistant.commands.implementing.fresh import Spot
from assistant.commands.implementing.gap import Gap
from assistant.commands.protocol import Job, Place

_STYLES = {"google": "Google's", "numpy": "NumPy's", "rest": "reStructuredText's"}


def offers(place: Place) -> bool:
    found = comment_at(place.document, place.start)
    return found is not None and found.asks and found.is_open


def gap(job: Job) -> Gap | None:
    """What the comment at the cursor asks for; None where no comment asks for anything."""
    document = job.place.document
    found = comment_at(document, job.place.start)
    if found is None or not found.is_prose:
        return None
    below = next((each for each in functions(document) if each.start == found.below), None)
    if below is not None and below.is_stub:
        return stub.of(job, below)
    if not (found.asks or found.is_open):
        return None
    function = around(document, found)
    return _statements(job, found, function) if function else _function(job, found)


def _function(job: Job, found: Comment) -> Gap:
    spot = Spot(found.text, found.end, found.language, found.indent)
    names = re.findall(r"([^\W\d]\w*)\(", found.said)
    name = next((name for name in names if examples(found.said, name)), "")
    said = textwrap.dedent(found.source)
    # The name alone: what it takes is for the model to say.
    word = spot.word + (name if spot.word else "")
    asked = f"Write the function that this comment of {job.place.shown_path} asks for, whole:\n"
    asked += f"{said}\n"
    if found.language.name == "python":
        asked += f"{in_style(job)}\n"
    return Gap(
        text=found.text,
        language=found.language,
        start=found.end,
        end=found.end,
        asked=asked,
        begun=f"{said}\n{word}" if word else said,
        fit=lambda code: spot.fitted(word + code),
        target=spot,
        opening=found.source,
        promise=found.said,
        name=name,
    )


def in_style(job: Job) -> str:
    """A sentence that asks for a docstring as the project has them."""
    style = _STYLES.get(project_manner(job).style, "")
    how = f" in {style} style" if style else ", short"
    return f"Annotate its parameters and give it a docstring{how}."


def _statements(job: Job, found: Comment, function: Function) -> Gap:
    end = found.behind_placeholder
    opening = found.text[function.start : found.end]
    begun = surroundings.dedented(opening)
    closing = found.text[end : max(end, function.end)]
    asked = f"The function `{function.qualified}` of {job.place.shown_path} lacks the statements "
    last = textwrap.dedent(found.source)
    asked += f"that this comment in it asks for:\n{last}\nComplete the function."
    if closing.strip():
        asked += f" Behind them it goes on like this:\n{textwrap.dedent(closing).strip()}"
    mark = found.source.split("\n")[-1].strip()
    return Gap(
        text=found.text,
        language=found.language,
        start=found.end,
        end=end,
        asked=asked,
        begun=begun,
        fit=lambda code: _fitted(code, begun, mark, closing, found.indent),
        target=function,
        opening=opening,
        closing=closing,
        function=function,
    )


def _fitted(code: str, begun: str, mark: str, closing: str, indent: str) -> str:
    """The statements of ``code``, which goes on behind the comment, up to what follows them in the
    file."""
    if again := re.match(r"\s*(?:async\s+)?def\s", code):
        _, _, code = code[again.start() :].partition(mark)
    _, _, code = code.partition("\n")  # what is left of the comment's own line is its own
    last = begun.split("\n")[-1]
    depth = len(last) - len(last.lstrip())
    following = next((line.strip() for line in closing.split("\n") if line.strip()), "")
    taken: list[str] = []
    for line in code.rstrip().split("\n"):
        if line.strip() and len(line) - len(line.lstrip()) < depth:
            break
        if following and line.strip() == following:
            break
        taken.append(line)
    text = textwrap.dedent("\n".join(taken)).strip("\n").rstrip()
    return "\n" + textwrap.indent(text, indent) if text else ""
