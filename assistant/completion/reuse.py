"""Answering a keystroke from what is known already.

A suggestion made for one text still holds for another when accepting it leads to the same
document: the user has typed its beginning (type-through), has gone back to where it was
made, or the editor has put a closing bracket behind the cursor that the suggestion brings
too. :func:`carry_over` decides that; the cache and the reuse of a running request rest on it.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from dataclasses import dataclass, replace

from assistant.types import Completion, CompletionRequest

_CLOSERS = frozenset(")]}>'\"`")
_MOST_CLOSERS = 8
_MOST_CHARACTERS = 20_000_000
"""Of document text that the cache keeps alive, so that huge files cannot fill the memory."""


def typed_since(before: CompletionRequest, after: CompletionRequest) -> str | None:
    """What was typed at the cursor between two requests; None when anything else changed.

    Closing brackets that the editor added behind the cursor by itself do not count.
    """
    if before.document.path != after.document.path or before.offset > after.offset:
        return None
    old, new = before.document.text, after.document.text
    extra = len(new) - after.offset - (len(old) - before.offset)
    if not 0 <= extra <= _MOST_CLOSERS:
        return None
    if not _are_closers(new[after.offset : after.offset + extra]):
        return None
    if not (_same_head(old, new, before.offset) and _same_tail(old, new, len(old) - before.offset)):
        return None
    return new[before.offset : after.offset]


def carry_over(
    made_for: CompletionRequest, completion: Completion, request: CompletionRequest
) -> Completion | None:
    """``completion``, made for one request, as the answer to another; None when it is none.

    The result, applied to ``request``'s document, gives what ``completion`` would have given.
    """
    if made_for.document.path != request.document.path or request.offset < made_for.offset:
        return None
    old, new = made_for.document.text, request.document.text
    if request.offset == made_for.offset and new == old:
        return completion
    start, text = completion.start, completion.text
    typed = new[start : request.offset]
    if len(typed) >= len(text) or not text.startswith(typed):
        return None
    # Characters right of the cursor that have come (auto-closed) or gone (typed over).
    change = len(new) - request.offset - (len(old) - made_for.offset)
    replaced = completion.end - made_for.offset
    if not -replaced <= change <= _MOST_CLOSERS:
        return None
    if change > 0 and not _are_closers(new[request.offset : request.offset + change]):
        return None
    if not (_same_head(old, new, start) and _same_tail(old, new, len(old) - completion.end)):
        return None
    end = request.offset + replaced + change
    return replace(completion, text=text[len(typed) :], start=request.offset, end=end)


def _same_place(one: CompletionRequest, other: CompletionRequest) -> bool:
    mine, theirs = one.document, other.document
    return (mine.path, one.offset, mine.text) == (theirs.path, other.offset, theirs.text)


def _are_closers(text: str) -> bool:
    return all(c in _CLOSERS for c in text)


def _same_head(old: str, new: str, length: int) -> bool:
    return len(new) >= length and (old is new or old[:length] == new[:length])


def _same_tail(old: str, new: str, length: int) -> bool:
    return len(new) >= length and (old is new or new.endswith(old[len(old) - length :]))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion with a name that the editor gives back when it is accepted.

    ``made_for`` is the request that the engine answered; ``completion`` the answer to it.
    """

    id: str
    made_for: CompletionRequest
    completion: Completion


class SuggestionCache:
    """The latest suggestions, found by the document they fit.

    Holds for one configuration: make a new one when settings or engine change. An answer to
    an explicit request may serve an automatic one, not the reverse: whoever asks by a key
    wants more than what is already there.
    """

    def __init__(self, size: int = 200) -> None:
        self.size = size
        self._kept: OrderedDict[str, Suggestion] = OrderedDict()
        self._characters = 0
        self._ids = itertools.count(1)

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, request: CompletionRequest, completion: Completion) -> Suggestion:
        """Keep an answer of the engine. Empty answers are kept as well: asking again is vain."""
        suggestion = Suggestion(f"s{next(self._ids)}", request, completion)
        self._kept[suggestion.id] = suggestion
        self._characters += len(request.document.text)
        while self._kept and (
            len(self._kept) > self.size
            or (self._characters > _MOST_CHARACTERS and len(self._kept) > 1)
        ):
            self._drop(next(iter(self._kept)))
        return suggestion

    def find(self, request: CompletionRequest) -> tuple[Suggestion, Completion] | None:
        """A kept suggestion that answers ``request``, the newest first, and its answer."""
        for suggestion in reversed(self._kept.values()):
            made_for, completion = suggestion.made_for, suggestion.completion
            if made_for.selected != request.selected or made_for.root != request.root:
                continue
            if made_for.automatic and not request.automatic:
                continue
            if not completion.text:
                if _same_place(made_for, request):
                    return suggestion, completion
                continue
            found = carry_over(made_for, completion, request)
            if found is not None:
                self._kept.move_to_end(suggestion.id)
                return suggestion, found
        return None

    def get(self, identifier: str) -> Suggestion | None:
        return self._kept.get(identifier)

    def keep(self, identifier: str) -> None:
        """It was used in part: its rest will be asked for next."""
        if identifier in self._kept:
            self._kept.move_to_end(identifier)

    def forget(self, identifier: str) -> None:
        """It was rejected: never offer it again."""
        if identifier in self._kept:
            self._drop(identifier)

    def _drop(self, identifier: str) -> None:
        gone = self._kept.pop(identifier)
        self._characters -= len(gone.made_for.document.text)
