"""Signatures of what the file imports and uses.

In falling order: names that are imported one by one; names used near the cursor that come
from a module imported as a whole, or from the file's own package; names used near the
cursor that nothing leads to, when only one place of the workspace defines them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.context.imports import implicit
from assistant.context.query import Query
from assistant.context.records import Located
from assistant.context.summaries import summary
from assistant.syntax import by_name, of_path
from assistant.syntax.symbols import CONTAINERS
from assistant.types import Snippet, SnippetKind

_NAMES_NEAR = 100
_MOST = 40
_COMMON = 30
_RE_EXPORTS = 3
_SUMMED_UP = frozenset({"class", "interface", "struct", "enum", "type", "function", "macro"})
# Where names come from other files without an import that says which.
_UNDECLARED = frozenset({"ruby", "swift", "php", "include", "package", "path", "lua", ""})


@dataclass(frozen=True, slots=True)
class _Found:
    located: Located
    score: float
    why: str


class Imported:
    name = "imported"

    def retrieve(self, query: Query) -> Iterable[Snippet]:
        if not query.language:
            return []
        best: dict[tuple[str, int], _Found] = {}
        for found in self._find(query):
            key = (found.located.path, found.located.definition.start_line)
            if key not in best or best[key].score < found.score:
                best[key] = found
        ranked = sorted(
            best.values(),
            key=lambda f: (-f.score, f.located.path, f.located.definition.start_line),
        )
        return list(_snippets(query, ranked[:_MOST]))

    def _find(self, query: Query) -> Iterator[_Found]:
        whole: dict[str, str] = {}
        for target in query.targets:
            for name, here in target.names:
                if name in ("", "*"):
                    whole.setdefault(target.path, here)
                else:
                    yield from _named(query, target.path, name, here)
        own = implicit(query.path, query.language, query.outline.package, query.files)
        yield from _used(query, whole, set(own))
        yield from _modules(query, whole)


def _nearness(query: Query, name: str) -> float:
    """0 for a name that is not near the cursor, up to 1 for one on the line above."""
    distance = query.near.get(name)
    return 10.0 / (9.0 + distance) if distance else 0.0


def _named(query: Query, path: str, name: str, here: str, depth: int = 0) -> Iterator[_Found]:
    """The definition of a name that is imported by itself, through re-exports."""
    found = [one for one in query.definitions_of(path, name) if not one.definition.parent]
    for one in found[:3] or query.definitions_of(path, name)[:1]:
        score = 1.0 + _nearness(query, here)
        yield _Found(one, score, f"defines {name}, imported here")
    if found or depth >= _RE_EXPORTS:
        return
    for target in query.targets_in(path):
        for original, exported in target.names:
            if exported == name and original:
                yield from _named(query, target.path, original, here, depth + 1)
            elif original in ("*", "") and query.definitions_of(target.path, name):
                yield from _named(query, target.path, name, here, depth + 1)


def _used(query: Query, whole: dict[str, str], own: set[str]) -> Iterator[_Found]:
    """Definitions of the names near the cursor, from the files that they may come from."""
    scheme = by_name(query.language).modules
    for name in list(query.near)[:_NAMES_NEAR]:
        everywhere = query.definitions_named(name, limit=_COMMON)
        common = len(everywhere) >= _COMMON
        if common:
            # Not all of them were read: ask those files that count.
            led = [*whole, *own][:_COMMON]
            everywhere = [one for path in led for one in query.definitions_of(path, name)]
        # A parameter or a field of that name somewhere says nothing.
        found = [one for one in everywhere if one.definition.kind != "field"]
        nearness = _nearness(query, name)
        led_to = False
        for one in found:
            if one.path in whole:
                led_to = True
                through = whole[one.path]
                how = f"used here through {through}" if through not in ("", "*") else "used here"
                yield _Found(one, 0.8 + nearness, f"defines {name}, {how}")
            elif one.path in own:
                led_to = True
                yield _Found(one, 0.7 + nearness, f"defines {name} in the same package")
        if led_to or name not in query.called or query.defined_here(name):
            continue
        if 0 < len(found) <= 2 and not common:
            method = found[0].definition.kind == "method"
            if method or scheme in _UNDECLARED:
                for one in found:
                    yield _Found(one, 0.2 + nearness / 2, f"defines {name}, used near the cursor")


def _modules(query: Query, whole: dict[str, str]) -> Iterator[_Found]:
    """The first definitions of a module that is named near the cursor."""
    for path, here in whole.items():
        if here not in query.near:
            continue
        shown = [
            one
            for one in query.definitions_in(path)
            if not one.definition.parent
            and one.definition.kind in _SUMMED_UP
            and not one.definition.name.startswith("_")
        ]
        for number, one in enumerate(shown[:12]):
            score = 0.5 + _nearness(query, here) / 4 - number / 100
            yield _Found(one, score, f"defines {one.definition.name} in {here}, imported here")


def _snippets(query: Query, ranked: list[_Found]) -> Iterator[Snippet]:
    wanted = frozenset(query.near)
    inside: dict[str, list[Located]] = {}
    covered: set[tuple[str, str]] = set()
    for found in sorted(ranked, key=lambda f: f.located.definition.kind not in CONTAINERS):
        path, definition = found.located.path, found.located.definition
        owner = definition.parent
        if any((path, ".".join(owner.split(".")[:n])) in covered for n in range(1, 9) if owner):
            # Its class is shown already, with this member.
            continue
        if definition.kind in CONTAINERS:
            covered.add((path, f"{owner}.{definition.name}" if owner else definition.name))
        members: list[Located] = []
        if definition.kind in CONTAINERS or owner:
            members = inside.setdefault(path, query.definitions_in(path))
        text = _text(query, found.located, members, wanted)
        yield Snippet(
            path=path,
            start_line=definition.start_line,
            end_line=definition.end_line,
            text=text,
            kind=SnippetKind.IMPORTED,
            score=round(found.score, 4),
            why=found.why,
        )


def _text(query: Query, of: Located, inside: list[Located], wanted: frozenset[str]) -> str:
    language = of_path(of.path) or by_name(query.language)
    parent, _, owner = of.definition.parent.rpartition(".")
    holder = next(
        (
            one
            for one in inside
            if one.definition.name == owner
            and one.definition.parent == parent
            and one.definition.kind in CONTAINERS
            and not one.definition.whole
        ),
        None,
    )
    if holder is not None:
        return summary(holder, [of], language, wanted)
    return summary(of, inside, language, wanted)


RETRIEVER = Imported()
