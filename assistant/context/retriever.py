"""What finds snippets: one module in :mod:`assistant.context.retrievers` each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Protocol

from assistant.context.query import Query
from assistant.registry import Registry
from assistant.types import Snippet


class Retriever(Protocol):
    """A plug-in: a module that defines ``RETRIEVER``. It must not raise for bad content."""

    @property
    def name(self) -> str: ...

    def retrieve(self, query: Query) -> Iterable[Snippet]:
        """Snippets in any order, scored; the packer chooses among all retrievers' ones."""
        ...


@cache
def _registry() -> Registry[Retriever]:
    return Registry("assistant.context.retrievers", "RETRIEVER")


def retrievers(names: Sequence[str] = ()) -> list[Retriever]:
    """Those of ``names``, or all. Raises UsageError for a name that there is not."""
    return [_registry().get(name) for name in names] if names else list(_registry())
