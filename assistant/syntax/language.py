"""What the project knows of a programming language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import tree_sitter

from assistant.errors import UsageError
from assistant.registry import Registry


@dataclass(frozen=True, slots=True)
class Language:
    """A language. The fields that name syntax nodes use the grammar's own node types.

    ``tags`` is a tree-sitter query in the style of the grammars' ``queries/tags.scm``:
    ``@definition.function``, ``.method``, ``.class``, ``.interface``, ``.module``,
    ``.constant`` … around a node that has a ``@name`` (and ``@receiver``, the type that a
    method written outside it belongs to); ``@reference.call`` and ``@reference.type`` around
    a ``@name``; ``@import`` around a whole import, with the ``@module`` it names, each
    ``@imported`` name (one a match; a wildcard by its own text) and the ``@alias`` it gets,
    ``@wildcard`` where the module's names are all taken, ``@relative`` where the module is a
    path from this file; ``@container`` around what adds members to the type ``@name``;
    ``@package`` on the name of the package that the file belongs to.
    """

    name: str
    """LSP's language identifier, for example ``typescriptreact``."""
    extensions: tuple[str, ...]
    load: Callable[[], Any]
    """Gives the grammar's capsule; the wheel is imported only then."""
    tags: str = ""
    modules: str = ""
    """How a module's name leads to files: a name from :mod:`assistant.context.imports`."""
    filenames: tuple[str, ...] = ()
    """Whole file names without a telling extension, for example ``Makefile``."""
    interpreters: tuple[str, ...] = ()
    """Names on a ``#!`` line."""
    aliases: tuple[str, ...] = ()
    """Other names that clients use."""
    line_comment: str = ""
    """Starts a comment to the line's end; empty when the language has none."""
    block_comment: tuple[str, str] | None = None
    functions: frozenset[str] = frozenset()
    """Node types of functions and methods with a body."""
    classes: frozenset[str] = frozenset()
    """Node types of classes, interfaces, structs, modules, with a body."""
    blocks: frozenset[str] = frozenset()
    """Node types of statement blocks: the body of a function, loop or condition."""
    indented: bool = False
    """Whether indentation delimits blocks."""
    strings: frozenset[str] = frozenset()
    comments: frozenset[str] = field(default_factory=lambda: frozenset({"comment"}))
    thin: Callable[[bytes], bytes] | None = None
    """Spaces out what the grammar would be slow to read; every other byte stays in its place."""

    @property
    def grammar(self) -> tree_sitter.Language:
        return _grammar(self.name)


@cache
def _registry() -> Registry[Language]:
    return Registry("assistant.syntax.languages", "LANGUAGE")


@cache
def _grammar(name: str) -> tree_sitter.Language:
    return tree_sitter.Language(by_name(name).load())


def languages() -> list[Language]:
    """Every language, built in or plugged in."""
    return list(_registry())


@cache
def _tables() -> tuple[dict[str, Language], dict[str, Language], dict[str, Language]]:
    extensions: dict[str, Language] = {}
    names: dict[str, Language] = {}
    interpreters: dict[str, Language] = {}
    for language in languages():
        extensions.update(dict.fromkeys(language.extensions, language))
        names.update(dict.fromkeys(language.filenames, language))
        interpreters.update(dict.fromkeys(language.interpreters, language))
    return extensions, names, interpreters


@cache
def _names() -> dict[str, Language]:
    aliases = {alias: language for language in languages() for alias in language.aliases}
    return aliases | {language.name: language for language in languages()}


def by_name(name: str) -> Language:
    """The language of that name or alias. Raises UsageError when there is none."""
    return _names().get(name) or _registry().get(name)


def of_path(path: Path | str, first_line: str = "") -> Language | None:
    """The language of a file by its name, else by its ``#!`` line; None when unknown."""
    extensions, names, interpreters = _tables()
    path = Path(path)
    found = names.get(path.name) or extensions.get(path.suffix.lower())
    if found is None and first_line.startswith("#!"):
        words = first_line[2:].replace("/", " ").split()
        found = next((interpreters[w] for w in reversed(words) if w in interpreters), None)
    return found


def of_document(path: Path | str, text: str, given: str = "") -> Language | None:
    """The language of a document: as its client names it, where that is known, else by the
    file's name and first line; None when unknown."""
    if given:
        try:
            return by_name(given)
        except UsageError:
            pass
    return of_path(path, text[:200].partition("\n")[0])
