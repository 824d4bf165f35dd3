"""Signatures of what the line that is being typed calls, or takes a member of.

Whoever has just opened a bracket wants to know what goes into it, and whoever has typed a dot
what there is to choose from. These snippets come last in the prompt, so that what stands
before them stays in the engine's cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.context.query import Query
from assistant.context.retrievers.imported import Found, named, snippets_of
from assistant.syntax.symbols import CONTAINERS
from assistant.types import Snippet, SnippetKind

_MOST_PLACES = 2
"""Of a name that more files define, nobody knows which is meant."""
_MOST_CALLS = 5


class Called:
    name = "called"

    def retrieve(self, query: Query) -> Iterable[Snippet]:
        if not query.language or not (query.calls or query.receiver):
            return []
        found = sorted(
            (*_receiver(query), *_calls(query)),
            key=lambda f: (-f.score, f.located.path, f.located.definition.start_line),
        )
        return list(snippets_of(query, found, SnippetKind.CALLED))


def _receiver(query: Query) -> Iterator[Found]:
    """The class that stands in front of the dot, or whose instance does."""
    receiver = query.receiver
    if not receiver:
        return
    for number, kind in enumerate([receiver, *query.types_of(receiver)]):
        why = f"defines {kind}, used here" if kind == receiver else f"the type of {receiver}"
        for one in _definitions(query, kind):
            if one.located.definition.kind in CONTAINERS:
                yield Found(one.located, 3.0 - number / 10, why)


def _calls(query: Query) -> Iterator[Found]:
    """What is called, the innermost call first: that is where the cursor is."""
    for number, name in enumerate(query.calls[:_MOST_CALLS]):
        for one in _definitions(query, name):
            yield Found(one.located, 2.0 - number / 10, f"defines {name}, called here")


def _definitions(query: Query, name: str) -> list[Found]:
    """What ``name`` means here: as this file imports it, else where it is defined alone."""
    imported = [
        one
        for target in query.targets
        for original, here in target.names
        if here == name and original not in ("", "*")
        for one in named(query, target.path, original, here)
    ]
    if imported or query.defined_here(name):
        return imported
    places = {path for path, kind in query.places(name) if kind != "field"}
    if not 0 < len(places) <= _MOST_PLACES:
        return []
    return [
        Found(located, 0.0, "")
        for path in sorted(places)
        for located in query.definitions_of(path, name)
    ]


RETRIEVER = Called()
