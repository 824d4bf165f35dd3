"""Imports as the source writes them, made plain: a module, and the names taken from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.syntax.language import Language

_QUOTED = re.compile(r"""["']([^"']+)["']""")
_KEYWORD = re.compile(r"^\s*(?:import|use|using)\s+(?:static\s+)?")


@dataclass(frozen=True, slots=True)
class Import:
    """``names`` pairs each name with what it is called here; ``*`` stands for all,
    an empty name for the module itself.

    ``relative`` says that ``module`` is a path from the importing file.
    """

    module: str
    names: tuple[tuple[str, str], ...]
    line: int
    relative: bool = False


def expand(
    text: str, module: str, name: str, alias: str, language: Language
) -> Iterator[tuple[str, str, str]]:
    """The (module, name, name here) of one match of an import; name is empty for the module.

    ``text`` is the whole import, from which the module is read where the query names none.
    """
    separator = {"rust": "::", "package": ".", "php": "\\"}.get(language.modules)
    if not module and language.modules == "php":
        yield from ((path, "", "") for path in _QUOTED.findall(text)[:1])
        return
    if not separator or (language.modules == "php" and name):
        module = module.strip("\"'<>") if language.modules in ("include", "path") else module
        yield module, name, alias or name
        return
    if text.startswith("mod "):
        yield module, "*", "*"
        return
    whole = module
    if not whole:
        whole = _KEYWORD.sub("", text)
    if text.rstrip(" ;\n").endswith(("*", "._")) and not whole.endswith(("*", "_")):
        whole = f"{whole}{separator}*"
    for path, called in _paths("".join(whole.split("\n")), separator):
        parent, _, last = path.rpartition(separator)
        if last in ("*", "_"):
            yield parent, "*", "*"
        elif last == "self":
            grandparent, _, of = parent.rpartition(separator)
            yield grandparent, of, called or of
        else:
            yield path, last, alias or called or last


def _paths(text: str, separator: str) -> Iterator[tuple[str, str]]:
    """``a::{b, c::{d as e}}`` as ``a::b`` and (``a::c::d``, ``e``)."""
    head, brace, tail = text.partition("{")
    if not brace:
        for one in text.split(","):
            path, _, called = re.sub(r"\s*(=>|\bas\b)\s*", "\0", one).partition("\0")
            path = path.strip().removeprefix("::")
            if path:
                yield path, called.strip()
        return
    *before, head = head.split(",")
    for one in before:
        yield from _paths(one, separator)
    inner, after = _closing(tail)
    for part in _split(inner):
        for path, called in _paths(part, separator):
            yield head.strip() + path, called
    if after.strip(" ,;"):
        yield from _paths(after.strip(" ,;"), separator)


def _closing(text: str) -> tuple[str, str]:
    depth = 1
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return text[:at], text[at + 1 :]
    return text, ""


def _split(text: str) -> Iterator[str]:
    """At the commas that stand outside braces."""
    depth = start = 0
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            yield text[start:at]
            start = at + 1
    yield text[start:]
