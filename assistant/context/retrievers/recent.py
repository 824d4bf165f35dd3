"""What the user changed last in other files: the change goes on here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.context.query import Query
from assistant.types import Snippet, SnippetKind

_EDITS = 5
_AROUND = 3
_MOST_LINES = 30
_MOST_CHARACTERS = 2000


class Recent:
    name = "recent"

    def retrieve(self, query: Query) -> Iterable[Snippet]:
        return list(self._find(query))

    def _find(self, query: Query) -> Iterator[Snippet]:
        taken = 0
        seen: set[tuple[str, int]] = set()
        for edit in query.request.surroundings.recent_edits:
            path = query.repository.relative(edit.path)
            if path is None or path == query.path or taken >= _EDITS:
                continue
            start = max(edit.start_line - _AROUND, 0)
            if (path, start) in seen:
                continue
            seen.add((path, start))
            lines = query.lines(path)
            end = min(edit.end_line + _AROUND, start + _MOST_LINES, len(lines))
            # Blank lines at the ends say nothing.
            while start < end and not lines[start].strip():
                start += 1
            while end > start and not lines[end - 1].strip():
                end -= 1
            text = "\n".join(line.rstrip() for line in lines[start:end])
            if text and len(text) <= _MOST_CHARACTERS:
                score = round(1.0 / (1 + taken), 4)
                taken += 1
                yield Snippet(path, start, end, text, SnippetKind.RECENT, score, "edited recently")


RETRIEVER = Recent()
