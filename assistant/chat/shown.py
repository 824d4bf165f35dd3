"""Material as the model is shown it; what is too long for the window loses whole parts of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from assistant.chat.mentions import Material
from assistant.commands.explaining import diffs
from assistant.commands.explaining.code import Code
from assistant.commands.explaining.parts import Layout, plainly
from assistant.commands.explaining.trimming import fitted
from assistant.commands.links import Fact, fenced
from assistant.commands.sources import Sources
from assistant.syntax import of_path
from assistant.types import Snippet


def fact(material: Material) -> Fact:
    return Fact(material.path, material.line, material.what, material.text.split("\n", 1)[0])


def of_snippet(snippet: Snippet) -> Material:
    return Material(snippet.why, snippet.path, snippet.start_line, snippet.text)


def block(number: int, material: Material) -> str:
    """Markdown; ``number`` is what an answer points to it by."""
    if not material.path:
        return f"The {material.what}:\n{fenced(material.text)}\n"
    language = of_path(material.path)
    shown = fenced(material.text, language.name if language else "")
    return f"[{number}] {material.path}:{material.line + 1} ({material.what})\n{shown}\n"


def cut(
    material: Material, room: int, count: Callable[[str], int], sources: Sources
) -> Material | None:
    """As much of it as fits into ``room`` tokens, with marks where something is left out; None
    where nothing does."""
    text = fitted(_layout(material, sources), room, count).text
    return replace(material, what=f"{material.what}, in parts", text=text) if text else None


def _layout(material: Material, sources: Sources) -> Layout:
    if material.what == "diff":
        return diffs.layout(material.text)
    path, lines = material.path, material.text.split("\n")
    text, language = sources.text(path) if path else None, of_path(path)
    span = range(material.line, material.line + len(lines))
    if not text or language is None or text.split("\n")[span.start : span.stop] != lines:
        return plainly(material.text, path or material.what)
    return Code(path, text, language, sources.outline(path).definitions, range(0)).layout(span)
