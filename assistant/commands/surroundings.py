"""What a command shows the model of the file and the repository, and how a body is fitted in."""

from __future__ import annotations

import ast
import re
import textwrap
from typing import Protocol

from assistant.commands.functions import Function
from assistant.commands.links import fenced
from assistant.commands.protocol import Job
from assistant.syntax.language import Language
from assistant.syntax.tree import parse
from assistant.types import CompletionRequest, Snippet, Surroundings

RESERVE = 512
"""Tokens left for the question's own words and the chat template's."""

MOST = 2_400
"""Tokens of surroundings. Two cores read 350 tokens a second: what fills the window of a small
engine costs a quarter of a minute before the first word."""


class Target(Protocol):
    """What a question is about: ``start:end`` of ``text``."""

    @property
    def text(self) -> str: ...

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def qualified(self) -> str: ...

    @property
    def opening(self) -> str:
        """What of it the question shows."""
        ...

    @property
    def language(self) -> Language: ...


def shown(job: Job, target: Target, answer_tokens: int) -> str:
    """The repository's code that is worth seeing, then the file around the target, as far as
    the window goes. Material is fenced and named, the target itself comes with the question."""
    room = job.model.window - answer_tokens - RESERVE - job.model.count(target.opening)
    room = min(room, MOST)
    file = _around(job, target, room * 2 // 3)
    room -= job.model.count(file)
    parts = [_snippet(each, target.language.name) for each in _snippets(job, max(0, room // 2))]
    return "".join([*parts, file])


def _snippets(job: Job, budget: int) -> list[Snippet]:
    if job.snippets is not None:
        return list(job.snippets)
    if job.repository is None or budget <= 0:
        return []
    place = job.place
    request = CompletionRequest(
        place.document,
        place.start,
        place.root,
        Surroundings(place.open_documents),
        automatic=False,
    )
    return job.repository.retrieve(request, job.model.count, budget)


def _snippet(snippet: Snippet, language: str) -> str:
    place = f"{snippet.path}:{snippet.start_line + 1}"
    return f"From {place} ({snippet.why}):\n{fenced(snippet.text, language)}\n"


def _around(job: Job, target: Target, room: int) -> str:
    """The file before and after the target: all of it where there is room, else what is near."""
    before, after = target.text[: target.start], target.text[target.end :]
    if not (before + after).strip():
        return ""
    lines_before, lines_after = before.split("\n"), after.split("\n")
    count, mark = job.model.count, target.language.line_comment or "#"
    while count("\n".join([*lines_before, *lines_after])) > room:
        # What is far from the target goes first, but for imports at the head.
        if len(lines_after) >= len(lines_before) and len(lines_after) > 1:
            lines_after = lines_after[: len(lines_after) * 3 // 4]
        elif len(lines_before) > 1:
            lines_before = lines_before[max(1, len(lines_before) // 4) :]
        else:
            return ""
    text = "\n".join([*lines_before, f"{mark} … {target.qualified} …", *lines_after])
    return f"The rest of {job.place.shown_path}:\n{fenced(text.strip(), target.language.name)}\n"


def dedented(source: str) -> str:
    """A function's source, of which the first line may have lost its indentation."""
    first, newline, rest = source.partition("\n")
    return (
        first.lstrip() + newline + textwrap.dedent(rest) if not rest.strip() else _shifted(source)
    )


def _shifted(source: str) -> str:
    lines = source.split("\n")
    last = re.match(r"[ \t]*", lines[0])
    if last and last[0]:
        return textwrap.dedent(source)
    # The first line begins at the function; the others carry the class's indentation as well.
    inner = [line for line in lines[1:] if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in inner), default=0)
    surplus = max(0, margin - 4)
    return "\n".join([lines[0], *(line[surplus:] if line.strip() else line for line in lines[1:])])


def body_of(code: str, function: Function) -> str:
    """The body in ``code``, which goes on from the function's opening, as it belongs into the file:
    with its indentation, without what follows the function."""
    again = re.search(
        rf"^[ \t]*(?:async\s+)?def\s+{re.escape(function.name)}\b", code, re.MULTILINE
    )
    if again and not code[: again.start()].strip():
        code = _after_opening(code, function)
    if not code.startswith("\n"):
        # It goes on behind the docstring's quotes or the colon.
        head, newline, rest = code.partition("\n")
        code = (f"\n    {head.strip()}" if head.strip() else "") + newline + rest
    lines = code.rstrip().split("\n")
    begun = next((number for number, line in enumerate(lines) if line.strip()), 0)
    # A dedent to the first column ends the function, but not within a string or brackets.
    ends = [
        number
        for number, line in enumerate(lines)
        if number > begun and line.strip() and not line[:1].isspace()
    ]
    if function.language.name == "python":
        for end in [*ends, len(lines)] if ends else ():
            if (tree := _function_of(lines[:end])) is not None:
                if end == ends[0]:
                    break
                return "\n" + _moved(lines[begun:end], _in_strings(tree, begun), function.indent)
    text = textwrap.dedent("\n".join(lines[: ends[0] if ends else None])).strip("\n")
    return "\n" + textwrap.indent(text, function.indent) if text else f"\n{function.indent}pass"


def _function_of(body: list[str]) -> ast.Module | None:
    """A Python function with that body, of which the first line is what stands behind the colon;
    None where it is not one."""
    try:
        tree = ast.parse("\n".join(["def _():" + body[0], *body[1:]]))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if len(tree.body) == 1 else None


def _in_strings(tree: ast.Module, begun: int) -> set[int]:
    """Lines that begin within a string, counted from line ``begun`` (0-based)."""
    strings = (each for each in ast.walk(tree) if isinstance(each, ast.Constant | ast.JoinedStr))
    return {
        line - 1 - begun
        for each in strings
        for line in range(each.lineno + 1, (each.end_lineno or each.lineno) + 1)
    }


def _moved(lines: list[str], kept: set[int], indent: str) -> str:
    """Lines of statements, with ``indent`` in place of the first one's, but for those ``kept``."""
    margin = len(lines[0]) - len(lines[0].lstrip())
    moved = [
        line
        if number in kept or not line.strip()
        else indent + line[min(margin, len(line) - len(line.lstrip())) :]
        for number, line in enumerate(lines)
    ]
    return "\n".join(moved).rstrip("\n")


def _after_opening(code: str, function: Function) -> str:
    """What stands behind the signature and docstring in an answer that wrote them again."""
    from pathlib import Path

    from assistant.commands.functions import functions
    from assistant.types import Document

    source = textwrap.dedent(code)
    for found in functions(Document(Path("answer"), source, function.language.name)):
        if found.name == function.name:
            return source[found.body : found.end]
    return code


def parses(text: str, before: str, language: Language) -> bool:
    """Whether ``text`` has no more syntax errors than ``before`` had."""
    if language.name == "python":
        try:
            ast.parse(text)
        except (ValueError, RecursionError, MemoryError):
            return False
        except SyntaxError:
            pass
        else:
            return True
    return _errors(text, language) <= _errors(before, language) and language.name != "python"


def _errors(text: str, language: Language) -> int:
    count, stack = 0, [parse(text, language).root_node]
    while stack:
        node = stack.pop()
        if node.is_missing or node.type == "ERROR":
            count += 1
        if node.has_error:
            stack.extend(node.children)
    return count
