"""Markdown in a terminal, block by block while it comes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import ClassVar, cast

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Markdown, MarkdownElement
from rich.segment import Segment
from rich.syntax import Syntax

from assistant.cli.output import plain

_THEME = "ansi_dark"
"""The terminal's own colours, so that code is read on a light ground as well."""


def _parser() -> MarkdownIt:
    # A tag is text: what a model writes as ``List<int>`` must not vanish.
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


_WHOLE = _parser()
_BLOCKS = _parser().disable("inline")


class Blocks:
    """Takes Markdown as it comes and gives its blocks (a paragraph, a list, a fence …), each once
    nothing that may follow can change it. ``rest`` is the unfinished one."""

    def __init__(self) -> None:
        self.rest = ""

    def feed(self, text: str) -> list[str]:
        """The blocks that have ended with ``text``."""
        self.rest += plain(text)
        if "\n" not in text:
            return []
        # A line that has not ended may still become anything.
        whole = self.rest[: self.rest.rfind("\n") + 1]
        starts = [
            token.map[0]
            for token in _BLOCKS.parse(whole)
            if token.level == 0 and token.nesting >= 0 and token.map
        ]
        if len(starts) < 2:
            return []
        starts[0] = 0  # what defines a link is no block, and stays before what follows
        lines = self.rest.split("\n")
        self.rest = "\n".join(lines[starts[-1] :])
        return ["\n".join(lines[start:end]) for start, end in pairwise(starts)]

    def finish(self) -> list[str]:
        """What is left, as one block or none."""
        left, self.rest = self.rest, ""
        return [left] if left.strip() else []


class _Fence(CodeBlock):
    """Code as it is copied: no frame, no spaces behind it, the terminal wraps long lines."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip("\n")
        nested = options.max_width < console.width
        syntax = Syntax(
            code, self.lexer_name, theme=_THEME, background_color="default", word_wrap=nested
        )
        if nested:  # what is around it cuts long lines off
            yield syntax
            return
        text = syntax.highlight(code)
        text.rstrip()
        text.justify, text.no_wrap, text.overflow = "default", True, "ignore"
        yield text


class Rendered(Markdown):
    """Markdown for a terminal. A link is its text: its target is a file of the workspace, which
    the text names."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "fence": _Fence,
        "code_block": _Fence,
    }

    def __init__(self, markup: str) -> None:
        super().__init__("", hyperlinks=False)
        self.markup = markup
        self.parsed = list(_without_links(_WHOLE.parse(markup)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        segments = cast(Iterable[Segment], super().__rich_console__(console, options))
        lines = [_stripped(line) for line in Segment.split_lines(segments)]
        inner = [number for number, line in enumerate(lines) if line]
        for line in lines[inner[0] : inner[-1] + 1] if inner else []:
            yield from line
            yield Segment.line()


def _without_links(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        if token.children:
            token.children = list(_without_links(token.children))
        if token.type not in ("link_open", "link_close"):
            yield token


def _stripped(line: list[Segment]) -> list[Segment]:
    """Without the spaces that fill a line up: they would be copied, and wrapped."""
    kept = list(line)
    while kept:
        last = kept.pop()
        text = last.text.rstrip(" ") if last.style is None or not last.style.bgcolor else last.text
        if text:
            return [*kept, last._replace(text=text)]
    return []
