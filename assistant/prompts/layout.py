"""The prompt of one completion.

Order runs from what changes least to what changes most, because the engine keeps what it
computed for a prompt only up to the first token that differs: the repository's name, the
snippets of other files (in an order that does not depend on their scores), the file before
the cursor, the file behind it, and what was typed last.

Two forms:

* ``psm``, prefix-suffix-middle: the prefix ends at the cursor. A keystroke changes the
  prompt before the suffix, so the suffix is computed again each time.
* ``anchored``: the prefix ends where the cursor's line starts, and what was typed on that
  line follows the middle token, as the start of the answer. A keystroke only lengthens the
  prompt. While the line is empty the prefix ends with the line above and the break is what is
  healed: models were trained on holes that begin with it.

Either can be healed: the last token of the typed text is taken back and its text is held by
a constraint, so that the model may choose a token that begins with it and goes on (a word cut
by the cursor is rarely how the tokenizer would have cut it).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.prompts.template import FimTemplate, Form
from assistant.prompts.tokenizer import Tokenizer
from assistant.settings import CompletionSettings
from assistant.types import Snippet

# Where the window on the file moves, it moves by this many lines at once: a window that slid
# with each new line would change the prompt's first tokens every time.
STEP_LINES = 32
# Tokens are encoded in blocks of this many lines, which are cached: typing changes the last.
BLOCK_LINES = 16
# No line of source code needs more; a line of a megabyte would take seconds to encode.
MAX_LINE_CHARS = 2000
# Of the plain template: for special tokens, paths and a count that is only an estimate.
SPARE_TOKENS = 64
# The prompt's share of a window that is too small for what is asked: the engine says so then.
LEAST_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Prompt:
    """``content`` is token ids, or text where the tokenizer is not the model's own.

    ``healed`` is the text that the answer has to start with: it stands in the document
    already and is cut off the answer. ``regex`` holds the answer to it. ``stop_token_ids``
    and ``stop`` name the same ends, for servers that take the one or the other.
    """

    content: Sequence[int] | str
    tokens: int
    healed: str = ""
    regex: str = ""
    stop_token_ids: tuple[int, ...] = ()
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """A document around the cursor, cut for the prompt.

    ``before`` ends at the anchor, ``typed`` goes from there to the cursor.
    """

    before: str
    typed: str
    after: str


def build(
    text: str,
    offset: int,
    path: str,
    snippets: Sequence[Snippet],
    template: FimTemplate,
    tokenizer: Tokenizer,
    settings: CompletionSettings,
    repository: str = "",
    line_comment: str = "#",
    constraints: bool = True,
) -> Prompt:
    """The prompt for a completion at ``offset`` of ``text``.

    ``path`` is shown to the model, relative to the workspace folder. ``constraints`` says
    whether the server can hold an answer to a regex; without that nothing is healed.
    """
    form: Form = template.form if settings.form == "auto" else settings.form
    cut = window(text, offset, tokenizer, settings)
    if form == "anchored" and not cut.typed:
        cut = _from_the_line_above(cut)
    typed, healed = cut.typed, ""
    if settings.healing and constraints and tokenizer.exact and typed:
        keep = tokenizer.last_token(typed)
        typed, healed = typed[:keep], typed[keep:]
    parts = _Parts(template, tokenizer)
    if template.file_separator:
        _repository(parts, snippets, path, template, repository)
    parts.special(template.prefix)
    if not template.file_separator:
        _comments(parts, snippets, line_comment)
    parts.lines(cut.before)
    if form == "psm":
        parts.text(typed)
    parts.special(template.suffix)
    parts.text(cut.after)
    parts.special(template.middle)
    if form == "anchored":
        parts.text(typed)
    return parts.prompt(healed)


def _from_the_line_above(cut: Cut) -> Cut:
    """The line breaks before the cursor's line as what was typed: empty lines and the break
    before them are one token."""
    kept = len(cut.before.rstrip("\r\n"))
    return Cut(cut.before[:kept], cut.before[kept:] + cut.typed, cut.after)


def room_for(
    window_tokens: int, answer_tokens: int, snippets: Sequence[Snippet], tokenizer: Tokenizer
) -> int:
    """Tokens that :func:`plain` has for prefix and suffix in a model's window, beside the answer
    and the snippets; never less than :data:`LEAST_TOKENS`."""
    shown = sum(tokenizer.count(snippet.text) + SPARE_TOKENS for snippet in snippets)
    return max(LEAST_TOKENS, window_tokens - answer_tokens - SPARE_TOKENS - shown)


def plain(
    prefix: str,
    suffix: str,
    path: str,
    snippets: Sequence[Snippet],
    template: FimTemplate,
    tokenizer: Tokenizer,
    room: int,
    line_comment: str = "#",
) -> Prompt:
    """The template around ``prefix`` and ``suffix`` and nothing else, each encoded as a whole:
    what the model's authors send, and so what published figures are made with.

    What is over ``room`` tokens goes from the far ends; a suffix keeps a quarter of them at least.
    """
    parts = _Parts(template, tokenizer)
    if template.file_separator:
        _repository(parts, snippets, path, template, "")
    parts.special(template.prefix)
    if not template.file_separator:
        _comments(parts, snippets, line_comment)
    after = min(tokenizer.count(suffix), max(room // 4, room - tokenizer.count(prefix)))
    parts.text(prefix, last=room - after)
    parts.special(template.suffix)
    parts.text(suffix, first=after)
    parts.special(template.middle)
    return parts.prompt()


def window(text: str, offset: int, tokenizer: Tokenizer, settings: CompletionSettings) -> Cut:
    """The lines around ``offset`` that fit the budgets for prefix and suffix.

    The first line of the window moves by :data:`STEP_LINES` at once (fewer where fewer fit).
    """
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    typed = text[start:offset][-MAX_LINE_CHARS:]
    # A token is rarely longer than this many characters: what lies further away is not
    # even split into lines.
    reach = settings.prefix_tokens * 8
    head = text[max(0, start - reach) : start]
    lines = head.splitlines(keepends=True)
    first_number = text.count("\n", 0, start - len(head))
    budget = settings.prefix_tokens - tokenizer.count(typed)
    kept = len(lines)
    while kept and len(lines[kept - 1]) <= MAX_LINE_CHARS:
        budget -= tokenizer.count(lines[kept - 1])
        if budget < 0:
            break
        kept -= 1
    if kept or len(head) < start:
        # Not everything fits: begin at the next line whose number is a multiple of the step,
        # which is never more than half of what fits.
        step = STEP_LINES
        while step > max(1, (len(lines) - kept) // 2):
            step //= 2
        kept += -(first_number + kept) % step
    before = "".join(lines[kept:])
    after = _fit(
        text[offset : offset + settings.suffix_tokens * 8], settings.suffix_tokens, tokenizer
    )
    return Cut(before, typed, after)


def _fit(text: str, budget: int, tokenizer: Tokenizer) -> str:
    """The first lines of ``text`` that take at most ``budget`` tokens."""
    kept = 0
    for line in text.splitlines(keepends=True):
        budget -= tokenizer.count(line[:MAX_LINE_CHARS])
        if budget < 0 or len(line) > MAX_LINE_CHARS:
            break
        kept += len(line)
    return text[:kept]


def _repository(
    parts: _Parts,
    snippets: Sequence[Snippet],
    path: str,
    template: FimTemplate,
    repository: str,
) -> None:
    """The other files as the model saw repositories in training, then this file's path."""
    if repository and template.repository:
        parts.special(template.repository)
        parts.text(f"{repository}\n")
    shown = ""
    for snippet in snippets:
        if snippet.path == shown:
            parts.text(f"\n{snippet.text.rstrip()}\n")
            continue
        shown = snippet.path
        parts.special(template.file_separator)
        parts.text(f"{snippet.path}\n{snippet.text.rstrip()}\n")
    if snippets or repository:
        parts.special(template.file_separator)
        parts.text(f"{path}\n")


def _comments(parts: _Parts, snippets: Sequence[Snippet], line_comment: str) -> None:
    """The other files as comments at the head, for models that know no repositories."""
    for snippet in snippets:
        body = "\n".join(f"{line_comment} {line}" for line in snippet.text.rstrip().splitlines())
        parts.text(f"{line_comment} Path: {snippet.path}\n{body}\n")


class _Parts:
    """Collects a prompt as ids, or as text for servers whose tokenizer is not known."""

    def __init__(self, template: FimTemplate, tokenizer: Tokenizer) -> None:
        self._template = template
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._texts: list[str] = []
        self.count = 0

    def special(self, token: str) -> None:
        if self._tokenizer.exact:
            found = self._tokenizer.special(token)
            if found is None:
                from assistant.errors import UsageError

                raise UsageError(
                    f"the model's vocabulary has no {token!r}: set engine.fim to its template"
                )
            self._ids.append(found)
        self._texts.append(token)
        self.count += 1

    def text(self, text: str, last: int | None = None, first: int | None = None) -> None:
        """Text, or of it the ``last`` or ``first`` so many tokens."""
        if self._tokenizer.exact:
            ids = self._tokenizer.encode(text)
            kept = ids[max(0, len(ids) - last) :] if last is not None else ids[:first]
            self._ids.extend(kept)
            self.count += len(kept)
            return
        if last is not None and self._tokenizer.count(text) > last:
            text = text[len(text) - self._fitting(text[::-1], last) :]
        if first is not None and self._tokenizer.count(text) > first:
            text = text[: self._fitting(text, first)]
        for token in self._template.special:
            # As text there is no telling a token from what spells it: break its spelling.
            text = text.replace(token, token[0] + " " + token[1:])
        self._texts.append(text)
        self.count += self._tokenizer.count(text)

    def _fitting(self, text: str, budget: int) -> int:
        """Characters at the head of ``text`` that take at most ``budget`` tokens."""
        return bisect_right(
            range(len(text)), budget, key=lambda length: self._tokenizer.count(text[:length])
        )

    def lines(self, text: str) -> None:
        """Like :meth:`text`, in blocks that the tokenizer's cache can find again."""
        lines = text.splitlines(keepends=True)
        for start in range(0, len(lines), BLOCK_LINES):
            self.text("".join(lines[start : start + BLOCK_LINES]))

    def prompt(self, healed: str = "") -> Prompt:
        template, tokenizer = self._template, self._tokenizer
        ends = (i for token in template.special if (i := tokenizer.special(token)) is not None)
        return Prompt(
            content=self._ids if tokenizer.exact else "".join(self._texts),
            tokens=self.count,
            healed=healed,
            regex=f"{re.escape(healed)}[\\s\\S]*" if healed else "",
            stop_token_ids=tuple(ends),
            # Servers take four at most: those that end an answer before those that begin another.
            stop=tuple(dict.fromkeys((*template.stop, *template.special)))[:4],
        )
