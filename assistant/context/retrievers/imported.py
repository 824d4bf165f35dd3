"""Signatures of what the file imports and uses.

In falling order: names that are imported one by one; names used near the cursor that come
from a module imported as a whole, or from the file's own package; names used near the
cursor that nothing leads to, when only one place of the workspace defines them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.context.imports import implicit
from assistant.context.query import PLACES, Query
from assistant.context.records import Located
from assistant.context.summaries import summary
from assistant.syntax import by_name, of_path
from assistant.syntax.symbols import CONTAINERS
from assistant.types import Snippet, SnippetKind

_NAMES_NEAR = 100
_MOST = 40
_MODULE_MOST = 12
_CLOSE = 15
_RE_EXPORTS = 3
_SUMMED_UP = frozenset({"class", "interface", "struct", "enum", "type", "function", "macro"})
# Where names come from other files without an import that says which.
_UNDECLARED = frozenset({"ruby", "swift", "php", "include", "package", "path", "lua", ""})


@dataclass(frozen=True, slots=True)
class Found:
    """A definition, how much it matters, and why."""

    located: Located
    score: float
    why: str


class Imported:
    name = "imported"

    def retrieve(self, query: Query) -> Iterable[Snippet]:
        if not query.language:
            return []
        best: dict[tuple[str, int], Found] = {}
        for found in self._find(query):
            key = (found.located.path, found.located.definition.start_line)
            if key not in best or best[key].score < found.score:
                best[key] = found
        ranked = sorted(
            best.values(),
            key=lambda f: (-f.score, f.located.path, f.located.definition.start_line),
        )
        return list(snippets_of(query, ranked[:_MOST]))

    def _find(self, query: Query) -> Iterator[Found]:
        whole: dict[str, str] = {}
        for target in query.targets:
            for name, here in target.names:
                if name in ("", "*"):
                    whole.setdefault(target.path, here)
                else:
                    yield from named(query, target.path, name, here)
        own = implicit(query.path, query.language, query.outline.package, query.files)
        yield from _used(query, whole, set(own))
        for path, here in whole.items():
            if here in query.near:
                yield from _through(query, path, here)


def _nearness(query: Query, name: str) -> float:
    """0 for a name that is not near the cursor, up to 1 for one on the line above."""
    distance = query.near.get(name)
    return 10.0 / (9.0 + distance) if distance else 0.0


def named(query: Query, path: str, name: str, here: str, depth: int = 0) -> Iterator[Found]:
    """The definition of a name that is imported by itself, through re-exports."""
    found = [one for one in query.definitions_of(path, name) if not one.definition.parent]
    for one in found[:3] or query.definitions_of(path, name)[:1]:
        score = 1.0 + _nearness(query, here)
        yield Found(one, score, f"defines {name}, imported here")
    if found or depth >= _RE_EXPORTS:
        return
    for target in query.targets_in(path, name):
        for original, exported in target.names:
            if exported == name and original:
                yield from named(query, target.path, original, here, depth + 1)
            elif original in ("*", "") and query.definitions_of(target.path, name):
                yield from named(query, target.path, name, here, depth + 1)


def _used(query: Query, whole: dict[str, str], own: set[str]) -> Iterator[Found]:
    """Definitions of the names near the cursor, from the files that they may come from."""
    scheme = by_name(query.language).modules
    leading = [*whole, *(path for path in sorted(own) if path not in whole)]
    for name in list(query.near)[:_NAMES_NEAR]:
        # A parameter or a field of that name somewhere says nothing.
        places = [path for path, kind in query.places(name) if kind != "field"]
        nearness = _nearness(query, name)
        # Of a common name not all places were read: then those files are asked that count.
        common = len(places) >= PLACES - 2
        through = [p for p in leading[:PLACES] if common or p in places]
        found = [one for path in through for one in query.definitions_of(path, name)]
        for one in found:
            if one.path in whole:
                here = whole[one.path]
                how = f"used here through {here}" if here not in ("", "*") else "used here"
                yield Found(one, 0.8 + nearness, f"defines {name}, {how}")
            else:
                yield Found(one, 0.7 + nearness, f"defines {name} in the same package")
        # Nothing leads to it: then the name alone must, so it has to be a telling one.
        few = len(places) == 1 or (len(places) == 2 and scheme in _UNDECLARED)
        if found or common or not few or name not in query.called:
            continue
        if query.near[name] <= _CLOSE and not query.defined_here(name):
            for one in (o for path in set(places) for o in query.definitions_of(path, name)):
                if one.definition.kind == "method" or scheme in _UNDECLARED:
                    why = f"defines {name}, used near the cursor"
                    yield Found(one, 0.2 + nearness / 2, why)


def _through(query: Query, path: str, here: str) -> Iterator[Found]:
    """What is taken from a module by its name (``module.name``), else what it offers first."""
    taken = query.attributes(here)
    for name in taken:
        for found in named(query, path, name, name):
            why = f"defines {found.located.definition.name}, used here through {here}"
            yield Found(found.located, 1.0 + _nearness(query, name), why)
    if taken:
        return
    shown = [
        one
        for one in query.members(path, "", 4 * _MODULE_MOST)
        if one.definition.kind in _SUMMED_UP and not one.definition.name.startswith("_")
    ]
    for number, one in enumerate(shown[:_MODULE_MOST]):
        score = 0.5 + _nearness(query, here) / 4 - number / 100
        yield Found(one, score, f"defines {one.definition.name} in {here}, imported here")


def snippets_of(
    query: Query, ranked: list[Found], kind: SnippetKind = SnippetKind.IMPORTED
) -> Iterator[Snippet]:
    """Signatures of what was found; a class stands for its members."""
    wanted = frozenset(query.near)
    covered: set[tuple[str, str]] = set()
    for found in sorted(ranked, key=lambda f: f.located.definition.kind not in CONTAINERS):
        path, definition = found.located.path, found.located.definition
        owner = definition.parent
        if any((path, ".".join(owner.split(".")[:n])) in covered for n in range(1, 9) if owner):
            # Its class is shown already, with this member.
            continue
        if definition.kind in CONTAINERS:
            covered.add((path, _full_name(found.located)))
        yield Snippet(
            path=path,
            start_line=definition.start_line,
            end_line=definition.end_line,
            text=_text(query, found.located, wanted),
            kind=kind,
            score=round(found.score, 4),
            why=found.why,
        )


def _full_name(of: Located) -> str:
    parent, name = of.definition.parent, of.definition.name
    return f"{parent}.{name}" if parent else name


def _text(query: Query, of: Located, wanted: frozenset[str]) -> str:
    language = of_path(of.path) or by_name(query.language)
    if of.definition.kind in CONTAINERS:
        return summary(of, query.members(of.path, _full_name(of)), language, wanted)
    if of.definition.parent:
        # A method is shown inside the head of its class.
        owner = of.definition.parent.rpartition(".")[2]
        for holder in query.definitions_of(of.path, owner):
            held = holder.definition
            contains = held.kind in CONTAINERS and not held.whole
            if contains and _full_name(holder) == of.definition.parent:
                return summary(holder, [of], language, wanted)
    return summary(of, [], language, wanted)


RETRIEVER = Imported()
