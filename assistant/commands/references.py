"""Who uses a definition, and what code calls: facts with their lines, none of them a model's.

The index says which files; which lines is read from the files as they stand now, so that a stale
index leads to nothing rather than to a wrong line.
"""

from __future__ import annotations

import builtins
import re
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from assistant.commands.indexed import MOST_FILES, Indexed
from assistant.commands.names import Name, names
from assistant.context.records import Located
from assistant.context.retrievers.imported import named
from assistant.syntax.symbols import Definition

_BUILT_IN = (str, bytes, list, dict, set, int, float, object, types.ModuleType)
_BARE = frozenset({"ruby", "lua", "shellscript"})
"""Languages that call without brackets."""
_TEST = re.compile(
    r"(?:^|/)(?:tests?|spec|__tests__)/|(?:^|/)test_|(?:^|/)conftest\.py|[._-](?:test|spec)\."
)


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a name is used; ``line`` is 0-based, ``text`` is the line, ``within`` the
    function or class around it."""

    path: str
    line: int
    text: str
    within: str = ""
    call: bool = True


class References(Indexed):
    """Who uses what. A context manager, as :class:`Indexed` is."""

    def uses(self, path: str, definition: Definition) -> list[Use]:
        """Where the definition is used, calls first and tests last; not from within itself.

        A use counts where the file leads to this definition: by an import, or because nothing
        else has that name. Python's imports say more: there the name itself must come from here.
        """
        name = definition.name
        alone = len({one.path for one in self.definitions(name)}) <= 1
        leading = self.importers(path)
        found: list[Use] = []
        for file in self._may_use(name, leading):
            leads = file == path or self.leads(file, leading)
            if not (leads or alone):
                continue
            belongs = self._rule(file, path, definition, leading, leads)
            own = definition if file == path else None
            found += self._in_file(file, name, own, belongs)
        found.sort(key=lambda use: (bool(_TEST.search(use.path)), not use.call, use.path, use.line))
        return found

    def _may_use(self, name: str, leading: set[str]) -> list[str]:
        """The index knows calls; what else uses a name imports it, and is read for that."""
        known = self.files_with(name)
        others = sorted(leading - set(known))[: MOST_FILES - len(known)]
        return [*known, *(file for file in others if name in (self.sources.text(file) or ""))]

    def _rule(
        self, file: str, path: str, definition: Definition, leading: set[str], leads: bool
    ) -> Callable[[Name], bool]:
        """Which uses of the definition's name in a file mean it."""
        language = self.sources.language(file)
        if language is None or language.name != "python":
            return lambda name: True
        if definition.parent:
            # What a method is called on has no type here; ``text.replace`` is rarely one of ours.
            known = leads or not any(hasattr(kind, definition.name) for kind in _BUILT_IN)
            return lambda name: bool(name.owner) and known
        pure = PurePosixPath(path)
        owners, bare = {pure.stem, pure.parent.name}, file == path
        for target in self.targets(file):
            if target.path in leading:
                owners.update(here for _, here in target.names)
                bare = bare or any(one in (definition.name, "*") for one, _ in target.names)
        if not self.indexed and file != path:
            bare = True
        return lambda name: name.owner in owners if name.owner else bare

    def calls(self, path: str, start: int, end: int) -> list[Located]:
        """What the lines ``start:end`` of a file call, where the workspace defines it."""
        text, language = self.sources.text(path), self.sources.language(path)
        if not text or language is None:
            return []
        found: dict[str, Located] = {}
        for name in names(text, language):
            if name.call and start <= name.line < end and name.name not in found:
                located = self._meaning(path, name)
                inside = located is not None and (
                    located.path == path and start <= located.definition.start_line < end
                )
                if located is not None and not inside:
                    found[name.name] = located
        return list(found.values())

    def meaning(self, path: str, line: int, word: str) -> Located | None:
        """What a name on a line means; None where that cannot be told."""
        text, language = self.sources.text(path), self.sources.language(path)
        if text and language:
            for name in names(text, language):
                if name.line == line and name.name == word:
                    return self._meaning(path, name)
        return None

    def _meaning(self, path: str, name: Name) -> Located | None:
        own = not name.owner or name.owner in ("self", "cls", "this")
        if own and (here := self._beside(path, name)):
            return Located(path, here)
        found = [one for one in self._imported(path, name) if one.definition.kind != "field"]
        if found:
            return found[0]
        if not name.owner and hasattr(builtins, name.name):
            return None
        # Nothing leads to it: then it must be the only one of that name, and for a member its
        # file one that is imported here.
        known = self.definitions(name.name)
        if len(known) != 1:
            return None
        leads = known[0].path == path or any(
            target.path == known[0].path for target in self.targets(path)
        )
        return known[0] if leads or not name.owner else None

    def _beside(self, path: str, name: Name) -> Definition | None:
        """What a name means in its own file: for ``self.name`` a member of the class around it,
        in Python nothing of a class without that."""
        here = [d for d in self.sources.outline(path).definitions if d.name == name.name]
        here = [d for d in here if d.kind != "field"]
        around = self.sources.around(path, name.line)
        outer = f"{around.parent}.{around.name}" if around else ""
        near = [d for d in here if d.parent and f"{outer}.".lstrip(".").startswith(f"{d.parent}.")]
        if name.owner:
            return next(iter(near or here), None)
        language = self.sources.language(path)
        python = language is not None and language.name == "python"
        plain = [d for d in here if not d.parent or (python and d in near and d.kind != "method")]
        return next(iter(plain if python else near or here), None)

    def _imported(self, path: str, name: Name) -> Iterator[Located]:
        query = self.query(path)
        if query is None:
            return
        wanted = name.owner or name.name
        for target in query.targets:
            for original, here in target.names:
                # ``from a import f``, or ``import a`` and then ``a.f``.
                if here == wanted and original not in ("", "*"):
                    first = original if not name.owner else name.name
                elif name.owner and here == wanted:
                    first = name.name
                else:
                    continue
                for one in named(query, target.path, first, first):
                    yield from self._now(one.located)

    def _now(self, located: Located) -> Iterator[Located]:
        wanted = located.definition
        for one in self.sources.outline(located.path).definitions:
            if (one.name, one.parent) == (wanted.name, wanted.parent):
                yield Located(located.path, one)

    def _in_file(
        self, path: str, name: str, own: Definition | None, belongs: Callable[[Name], bool]
    ) -> Iterator[Use]:
        text, language = self.sources.text(path), self.sources.language(path)
        if not text or language is None or name not in text:
            return
        lines = self.sources.lines(path)
        seen: dict[int, Name] = {}
        for found in names(text, language):
            inside = own is not None and own.start_line <= found.line < own.end_line
            if found.name != name or inside or found.line >= len(lines) or not belongs(found):
                continue
            # Of a line that calls it and names it as well, the call counts.
            if found.line not in seen or found.call:
                seen[found.line] = found
        for found in seen.values():
            around = self.sources.around(path, found.line)
            within = ".".join(filter(None, (around.parent, around.name))) if around else ""
            call = found.call or language.name in _BARE
            yield Use(path, found.line, lines[found.line].strip(), within, call)
