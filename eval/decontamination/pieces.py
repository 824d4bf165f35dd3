"""The code within a training text, and its language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent

from assistant.errors import UsageError
from assistant.syntax.language import Language, by_name, of_path

_FENCE = re.compile(
    r"^[ \t]*```([\w+#.-]*)[^\n]*\n(.*?)(?:^[ \t]*```|\Z)", re.MULTILINE | re.DOTALL
)
# What a function begins with, as cheap signs of the language where nothing names it.
_SIGNS = (
    ("python", re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+\w+[ \t]*\(", re.MULTILINE)),
    ("go", re.compile(r"^func[ \t]+(?:\([^)\n]*\)[ \t]*)?\w+[\[(]", re.MULTILINE)),
    ("rust", re.compile(r"\bfn[ \t]+\w+[ \t]*[<(]")),
    (
        "java",
        re.compile(
            r"^[ \t]*(?:(?:public|private|protected|static|final)[ \t]+)+[\w<>\[\], ]+\(",
            re.MULTILINE,
        ),
    ),
    ("typescript", re.compile(r"\bfunction\b[^\n]*\)[ \t]*:|\)[ \t]*:[ \t]*\w[^\n]*=>")),
    ("javascript", re.compile(r"\bfunction\b[ \t]*\w*[ \t]*\(|=>")),
)


def language_named(name: str) -> Language | None:
    """The language of that name, of that file name or of that ending; None when unknown."""
    try:
        return by_name(name.strip().lower())
    except UsageError:
        return of_path(name) or of_path(f"x.{name.strip().lower()}")


def pieces(text: str, named: str = "") -> Iterator[tuple[str, Language]]:
    """The parts of ``text`` that may be code, each with a language that it may be in.

    ``named`` is what the record says of its language (a name or a path), empty for nothing.
    The same code may come twice: in a fenced block, and with all of the text.
    """
    known = language_named(named) if named else None
    fences = list(_FENCE.finditer(text))
    for fence in fences:
        marked = language_named(fence[1]) if fence[1] else None
        yield from _with_languages(fence[2], marked)
    if known is not None:
        yield dedent(text), known
    else:
        yield from _with_languages(_FENCE.sub("\n", text) if fences else text, None)


def _with_languages(text: str, known: Language | None) -> Iterator[tuple[str, Language]]:
    if known is not None:
        yield dedent(text), known
        return
    for name, sign in _SIGNS:
        if sign.search(text):
            yield dedent(text), by_name(name)
