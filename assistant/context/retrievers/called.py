"""Signatures of what the line that is being typed calls.

Whoever has just opened a bracket wants to know what goes into it. These snippets come last in
the prompt, so that what stands before them stays in the engine's cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.context.query import Query
from assistant.context.retrievers.imported import Found, named, snippets_of
from assistant.types import Snippet, SnippetKind

_MOST_PLACES = 2
"""Of a name that more files define, nobody knows which is meant."""


class Called:
    name = "called"

    def retrieve(self, query: Query) -> Iterable[Snippet]:
        if not query.language or not query.calls:
            return []
        found = list(self._find(query))
        # The innermost call first: that is where the cursor is.
        found.sort(key=lambda f: (-f.score, f.located.path, f.located.definition.start_line))
        return list(snippets_of(query, found, SnippetKind.CALLED))

    def _find(self, query: Query) -> Iterator[Found]:
        calls = {name: 2.0 - number / 10 for number, name in enumerate(query.calls[:5])}
        seen: set[str] = set()
        for target in query.targets:
            for name, here in target.names:
                if here in calls and name not in ("", "*"):
                    seen.add(here)
                    for one in named(query, target.path, name, here):
                        yield Found(one.located, calls[here], f"defines {name}, called here")
        for name, score in calls.items():
            places = {path for path, kind in query.places(name) if kind != "field"}
            if name in seen or not 0 < len(places) <= _MOST_PLACES or query.defined_here(name):
                continue
            for path in sorted(places):
                for located in query.definitions_of(path, name):
                    yield Found(located, score - 0.5, f"defines {name}, called here")


RETRIEVER = Called()
