"""Where an answer ends: decided while it streams in, line by line.

The model does not know how much is wanted, and often does not stop at all. An answer ends
where its scope does, by indentation or by brackets; where it goes over into the text that
already follows the cursor; and where it stops being code: special tokens, markdown fences,
circles, runs of blank lines.

Every decision depends only on the text up to where it is taken, so an answer that arrives
in other pieces is cut at the same place.
"""

from __future__ import annotations

import re

from assistant.completion import leaks, lines, loops
from assistant.completion.brackets import Brackets, Stray
from assistant.completion.dedent import Dedent
from assistant.completion.resume import Resume
from assistant.completion.scope import Plan, Scope
from assistant.completion.site import Site

_MAX_CONTINUED = 5
"""Lines after the first that a LINE answer may take to close a bracket."""

_MAX_BLANK = 2
_TELLING = 6
"""Letters and digits from which on the return of the current line's rest is telling."""
_LINE_END = re.compile(r"[ \t\r]*\n")


class Stopper:
    """Reads one growing answer. Make one for each answer."""

    def __init__(self, site: Site, plan: Plan) -> None:
        self._site = site
        self._plan = plan
        self._dedent = Dedent(site, plan)
        self._brackets = site.brackets.copy()
        self._base = len(self._brackets.stack)
        self._cursor_row = self._brackets.lines
        self._resume = Resume(site)
        self._tail = site.line_suffix.strip()
        self._tail_closes = lines.only_closes(site.line_suffix)
        self._blank_start = not site.line_prefix.strip()
        self._fences = not leaks.fences_are_text(site)
        self._cut: int | None = None
        self._position = 0  # where the line that is not complete yet begins
        self._origin = 0  # where the answer's code begins, behind a fence that wraps it
        self._checked = 0  # how much of the growing line was looked at for circles
        self._end = 0  # where the last line that is not blank ends
        self._first_end = 0  # the same for the first one
        self._found: list[str] = []  # lines that are not blank
        self._ends: list[int] = []
        self._blank = 0
        self._opened = False  # whether the answer opened a brace of its own
        self._inline_strays = 0
        self._pending: int | None = None  # where a match began that the line may confirm
        self._wrapped = False  # whether a bracket of the cursor's line goes on below it
        self._reopened = False  # whether the line that ended the scope began another part
        self._ending = False  # whether the scope ends with the current line

    def feed(self, text: str) -> int | None:
        """The place to cut, once it is known; ``text`` is the whole answer so far."""
        return self._read(text, final=False)

    def finish(self, text: str) -> int | None:
        """The same when no more will come: the last line counts as it stands."""
        return self._read(text, final=True)

    def broken_off(self, text: str) -> int | None:
        """The same when the answer broke off: its last line may be the start of one that
        follows."""
        cut = self._read(text, final=False)
        if cut is None:
            last = text[self._position :]
            if last.strip():
                cut = self._resume.partial(self._whole(last), self._position)
            else:
                cut = self._resume.pending
        return cut

    def _read(self, text: str, final: bool) -> int | None:
        while self._cut is None:
            start = self._position
            newline = text.find("\n", start)
            if newline < 0 and (not final or start > len(text)):
                self._cut = self._unfinished(text[start:], start)
                break
            end = len(text) if newline < 0 else newline
            line = text[start:end].rstrip("\r")
            self._cut = self._unfinished(line, start)
            if self._cut is None:
                self._cut = self._line(line, start, final and newline < 0)
            self._position = end + 1
            self._checked = 0
        if self._cut is None and final:
            self._cut = self._resume.pending
        if self._cut is None:
            return None
        # Above a standing line, the line end belongs to the answer: what follows stays whole.
        if self._site.whole_line and (line_end := _LINE_END.match(text, self._cut)):
            return line_end.end()
        if final and not text[self._cut :].strip(" \t"):
            return None  # the space may join the answer to what stands behind it
        return self._cut

    # Inside a line

    def _unfinished(self, line: str, start: int) -> int | None:
        """What can be decided before the line is complete; the earliest sign wins."""
        at = leaks.find_special(self._site, line)
        limit = at if at >= 0 else len(line)
        while self._checked + loops.INLINE_STEP <= limit:
            self._checked += loops.INLINE_STEP
            if (loop := loops.inline(line[: self._checked])) >= 0:
                return start + loop
        if at < 0:
            return None
        pending = self._resume.pending
        return start + at if pending is None or line[:at].strip() else pending

    # Complete lines

    def _line(self, line: str, start: int, last: bool) -> int | None:
        first = start == self._origin
        if not line.strip():
            return self._blank_line(first, start)
        if self._fences and leaks.FENCE.match(line) and not self._brackets.in_text:
            self._origin = start + len(line) + 1  # one that wraps the answer is unwrapped later
            self._pending = self._resume.pending
            return self._earliest(self._end) if self._found else None
        whole = line
        if not self._found:
            whole = self._whole(line)
            self._dedent.adapt(whole)
        self._pending = self._resume.pending
        if not first or self._blank_start:
            cut = self._whole_line(whole, start, first, last)
            if cut is not None:
                return cut
        cut = self._read_brackets(line, start, first)
        if cut is not None:
            return self._earliest(cut)
        cut = self._tail_returns(line, start, first, last)
        if cut is not None:
            return cut
        return self._keep(whole, start, len(line), len(line.rstrip()))

    def _whole_line(self, line: str, start: int, first: bool, last: bool) -> int | None:
        """What a line says that the answer wrote from its start: it came back, or is outside."""
        read = self._resume.finish if last else self._resume.feed
        cut = read(line, start, not self._closes_own(line))
        if cut is not None:
            return cut
        if self._brackets.in_text or self._in_own_brackets():
            return None
        if self._dedent.leaves(line, first, self._blank > 0):
            return self._earliest(start)
        self._ending |= self._dedent.ended
        return None

    def _keep(self, whole: str, start: int, length: int, solid: int) -> int | None:
        """Takes a line into the answer; it may be the last one."""
        self._blank = 0
        self._found.append(whole.rstrip())
        self._ends.append(start + length)
        self._end = start + solid
        if self._ending:
            return self._end
        if (size := loops.period(self._found)) > 0:
            return self._ends[len(self._found) - size - 1]
        return self._one_line() if self._plan.scope is Scope.LINE else None

    def _blank_line(self, first: bool, start: int) -> int | None:
        if self._brackets.in_text:
            return None
        if first and not self._blank_start:
            # The rest of the current line is empty: for one line that is the whole answer.
            if self._plan.scope is not Scope.LINE or self._in_bracket_of_line():
                self._wrapped = True
                return None
            return 0
        self._blank += 1
        self._pending = self._resume.pending
        if self._blank >= _MAX_BLANK:
            if self._found:
                return self._earliest(self._end)
            return 0 if self._blank > _MAX_BLANK + 1 else None
        return None

    def _whole(self, line: str) -> str:
        """The answer's first line as it will stand in the file."""
        if self._found or not self._blank_start:
            return line
        prefix = self._site.line_prefix
        return prefix + line.lstrip(" \t") if prefix and self._position == self._origin else line

    def _earliest(self, cut: int) -> int:
        """A match that waits to be certain is, when the scope ends right after it."""
        return cut if self._pending is None else min(cut, self._pending)

    def _closes_own(self, line: str) -> bool:
        """Whether a line is text, or only closes what the answer opened: that is no return."""
        if self._brackets.in_text:
            return True
        return len(self._brackets.stack) > self._base and lines.weight(line) == 0

    def _in_own_brackets(self) -> bool:
        """Whether a line begins inside brackets of the answer, so that its indentation is free.

        A brace that opens a block does not count where blocks have braces.
        """
        grown = self._brackets.stack[self._base :]
        language = self._site.language
        if language is not None and language.indented:
            return bool(grown)
        return any(opener.char != "{" for opener in grown)

    # The scope's end

    def _read_brackets(self, line: str, start: int, first: bool) -> int | None:
        """Follows the brackets of a line; those that close something before the cursor may
        end the answer."""
        before = len(self._brackets.stack)
        in_text = self._brackets.in_text
        indent = self._site.width(self._site.line_prefix + line) if first else None
        strays = self._brackets.line(line, mark=self._base, indent=indent)
        for stray in strays:
            cut = self._stray(stray, line, start, first)
            if cut is not None:
                return cut
        after = len(self._brackets.stack)
        self._base = min(self._base, self._brackets.lowest)
        if self._ending and after > self._base:
            self._ending, self._reopened = False, True  # "} else {"
        elif self._reopened and after == self._base:
            self._ending = True
        if after > self._base:
            self._opened = True
        elif not in_text and (self._opened or before == after):
            self._definition_ends(line)
        return None

    def _definition_ends(self, line: str) -> None:
        """A definition that the answer began is complete when its own brackets are closed."""
        if self._plan.scope is not Scope.DEFINITION:
            return
        if self._site.language and self._site.language.indented:
            return
        if line.strip().rstrip(";,").endswith("}"):
            width = self._site.width(self._whole(line) if not self._found else line)
            if width <= self._dedent.indent:
                self._ending = True

    def _stray(self, stray: Stray, line: str, start: int, first: bool) -> int | None:
        opener = stray.opener
        blank_before = not line[: stray.at].strip()
        here = start if blank_before else start + len(line[: stray.at].rstrip())
        if opener is not None and opener.line == self._cursor_row:
            if not first and opener.indent <= self._dedent.indent:
                self._ending = True
            return self._inline_stray(stray, start)
        if self._plan.scope is Scope.LINE and not first and not self._blank_start:
            return here
        if self._stands(stray):
            return here
        if opener is not None and self._plan.scope is Scope.LINE:
            return None  # the last line of a call or a header over several lines
        if opener is None or opener.indent < self._dedent.indent:
            return here
        if opener.indent == self._dedent.indent:
            self._ending = True
        return None

    def _inline_stray(self, stray: Stray, start: int) -> int | None:
        """A closer whose opener stands on the cursor's line, in front of it."""
        if self._tail_closes or not self._tail.startswith(stray.char):
            return None
        self._inline_strays += 1
        opened = sum(o.line == self._cursor_row for o in self._site.brackets.stack)
        standing = -_lowest(self._tail, self._site)
        return start + stray.at if self._inline_strays > opened - standing else None

    def _stands(self, stray: Stray) -> bool:
        """Whether the closer is there already, behind the cursor."""
        if self._tail.startswith(stray.char):
            return True
        targets = self._site.following
        if self._site.whole_line:
            targets = (self._site.line_prefix + self._site.line_suffix, *targets)
        if not targets or not targets[0].lstrip().startswith(stray.char):
            return False
        return stray.opener is None or self._site.width(targets[0]) >= stray.opener.indent

    # The rest of the line

    def _tail_returns(self, line: str, start: int, first: bool, last: bool) -> int | None:
        """Where the answer writes what stands right of the cursor."""
        if not self._tail or self._tail_closes:
            return None
        text = line.rstrip()
        heavy = lines.weight(self._tail)
        if self._site.whole_line and (heavy < _TELLING or len(text.strip()) == len(self._tail)):
            return None
        if text.endswith(self._tail) and (first or heavy >= lines.weight(line) // 4):
            return start + len(text) - len(self._tail)
        if self._site.whole_line:
            return None
        if first and heavy >= _TELLING and (at := text.find(self._tail)) >= 0:
            return start + at
        return None

    def _one_line(self) -> int | None:
        """One line ends at its end, or where the brackets that it opened close."""
        if len(self._found) == 1:
            self._first_end = self._end
        grown = self._brackets.stack[self._base :]
        if grown and grown[-1].char == "{" and self._opens_statements():
            grown = []
        if self._wrapped:
            grown = [opener for opener in self._brackets.stack if opener.line == self._cursor_row]
        if not grown and not (self._brackets.quote and self._quote_continues()):
            return self._end
        return self._first_end if len(self._found) > _MAX_CONTINUED else None

    def _in_bracket_of_line(self) -> bool:
        """Whether the cursor stands right behind a bracket that it opened."""
        return self._site.line_prefix.rstrip()[-1:] in ("(", "[", "{")

    def _quote_continues(self) -> bool:
        return self._brackets.quote in ('"""', "'''", "`")

    def _opens_statements(self) -> bool:
        """Whether the brace at the end of the last line opens a block, not a literal."""
        if self._site.language is not None and self._site.language.indented:
            return False
        text = self._found[-1].rstrip()
        before = text[:-1].rstrip()
        return text.endswith("{") and not before.endswith(("=", "(", "[", ",", ":", "return"))


def _lowest(text: str, site: Site) -> int:
    """Minus the number of closers in ``text`` that have no opener in it."""
    return -len(Brackets(site.language).line(text))
