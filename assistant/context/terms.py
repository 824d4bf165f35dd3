"""The words that code is searched by: identifiers, whole and in their parts."""

from __future__ import annotations

import re
from functools import lru_cache

_IDENTIFIER = re.compile(r"[^\W\d]\w{2,63}")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d{2,}|[^\W\dA-Za-z_]+")

# Words of the languages themselves say nothing about what a piece of code is about.
_STOP_WORDS = """
    and any args async await bool boolean break byte case catch char class const continue def
    default del delete elif else elsif end ensure enum except export extends false final
    finally float fmt for from fun func function get global goto has if implements import
    include instanceof int integer interface into is isset itself kwargs lambda let list local
    long match mod module mut mutable namespace new nil none not null number object of open or
    override package pass private protected pub public raise range readonly ref require return
    rescue satisfies sealed select self set short sizeof static str string struct super switch
    template then this throw throws trait true try type typedef typename typeof undefined union
    unless unsigned until use using val value var virtual void when where while with yield
"""
_STOP = frozenset(_STOP_WORDS.split())


@lru_cache(maxsize=100_000)
def split(identifier: str) -> tuple[str, ...]:
    """``parseHttpURL_v2`` as itself and its parts of three letters or more, in lower case."""
    whole = identifier.lower()
    parts = [part.lower() for part in _PART.findall(identifier)]
    words = [whole, *(part for part in parts if len(part) > 2)] if len(parts) > 1 else [whole]
    return tuple(dict.fromkeys(word for word in words if word not in _STOP))


def terms(text: str) -> list[str]:
    """The distinct terms of ``text``, in the order in which they first appear."""
    found: dict[str, None] = {}
    for identifier in dict.fromkeys(_IDENTIFIER.findall(text)):
        found.update(dict.fromkeys(split(identifier)))
    return list(found)


def identifiers(text: str) -> list[str]:
    """The distinct identifiers of ``text`` as written, in order; keywords are left out."""
    return [name for name in dict.fromkeys(_IDENTIFIER.findall(text)) if name not in _STOP]
