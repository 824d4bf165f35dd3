"""Definitions as the model is shown them: signatures and first lines of docs, no bodies."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from assistant.context.records import Located
from assistant.syntax import Language
from assistant.syntax.symbols import CONTAINERS, Definition

_MEMBERS = 24
_MOST_CHARACTERS = 1200
_MAKERS = frozenset({"__init__", "constructor", "initialize", "init", "new", "New"})


def summary(
    of: Located, inside: Sequence[Located], language: Language, wanted: Collection[str] = ()
) -> str:
    """The source form of ``of`` without bodies.

    ``inside`` are the definitions of the same file: a class is shown with its members. Where
    there is no room for all, those named in ``wanted`` come before the others, private ones
    are left out.
    """
    definition = of.definition
    if definition.kind not in CONTAINERS:
        return _one(definition, language)
    full = f"{definition.parent}.{definition.name}" if definition.parent else definition.name
    members = [one.definition for one in inside if one.definition.parent == full]
    if definition.whole:
        # Its fields stand in it; methods may be written elsewhere in the file.
        inner = range(definition.start_line, definition.end_line)
        outside = [m for m in members if m.start_line not in inner and not _hidden(m, wanted)]
        return "\n".join([_one(definition, language), *(_one(m, language) for m in outside)])
    shown = [_indented(text) for text in _fitting(members, language, wanted)]
    end = "}" if shown and _braces(language) else ""
    head = _one(definition, language) + (" {" if end else "")
    return "\n".join([head, *shown, *([end] if end else [])])


def _fitting(
    members: Sequence[Definition], language: Language, wanted: Collection[str]
) -> list[str]:
    """The members worth the room, in the order of the source: those wanted, then how it is
    made, then the rest from the top."""
    ranked = sorted(
        (member for member in members if not _hidden(member, wanted)),
        key=lambda d: (d.name not in wanted, d.name not in _MAKERS, _private(d), d.start_line),
    )
    room = _MOST_CHARACTERS
    chosen: list[tuple[int, str]] = []
    for member in ranked[:_MEMBERS]:
        text = _one(member, language)
        if len(text) <= room:
            chosen.append((member.start_line, text))
            room -= len(text)
    return [text for _, text in sorted(chosen, key=lambda pair: pair[0])]


def _one(definition: Definition, language: Language) -> str:
    text = definition.signature.rstrip()
    if not definition.doc or definition.kind in ("field", "constant"):
        return text
    if language.indented:
        return f'{text}\n    """{definition.doc}"""'
    if language.line_comment:
        return f"{language.line_comment} {definition.doc}\n{text}"
    if language.block_comment:
        before, after = language.block_comment
        return f"{before} {definition.doc} {after}\n{text}"
    return text


def _braces(language: Language) -> bool:
    return not language.indented and language.line_comment == "//"


def _private(definition: Definition) -> bool:
    name = definition.name
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def _hidden(definition: Definition, wanted: Collection[str]) -> bool:
    return _private(definition) and definition.name not in wanted


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else line for line in text.split("\n"))
