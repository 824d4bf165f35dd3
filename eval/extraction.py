"""The program in a chat answer: out of its code block, without what surrounds it.

As EvalPlus does before it runs anything (Liu et al. 2023, arXiv 2305.01210;
``evalplus/sanitize.py``): the longest run of lines that parses, and of it the imports and the
definitions that the entry point needs. Example calls, prints and ``__main__`` are left out.
"""

from __future__ import annotations

import ast
import re
import threading
import warnings
from collections.abc import Iterator

_FENCE = re.compile(
    r"^[ \t]*```[ \t]*[\w+-]*[ \t]*\n(.*?)(?:^[ \t]*```|\Z)", re.MULTILINE | re.DOTALL
)
_CLOSING = re.compile(r"^[ \t]*```", re.MULTILINE)
_LARGEST = 64 << 10
"""Characters of an answer that are looked at; a model's answer has a few thousand."""
_warnings = threading.Lock()

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def in_block(answer: str, entry: str) -> str:
    """The code of a whole answer: the first fenced block that defines ``entry``, else the
    first block, else all of it. The last block may lack its end."""
    answer = _tidy(answer)
    blocks: list[str] = _FENCE.findall(answer)
    defines = re.compile(rf"^\s*(?:async\s+)?def\s+{re.escape(entry)}\b", re.MULTILINE)
    return next((block for block in blocks if defines.search(block)), [*blocks, answer][0])


def after_opening(answer: str) -> str:
    """The code of an answer that goes on within a block that is open already.

    A chat template may drop the line end after the opening fence; then the answer brings it,
    or the fence's language, or opens a block anew.
    """
    answer = _tidy(answer)
    if again := re.match(r"\s*(?:```[ \t]*)?(?:[Pp]ython3?)?[ \t]*\n", answer):
        answer = answer[again.end() :]
    return before_closing(answer)


def before_closing(answer: str) -> str:
    """The answer up to the fence that closes its block."""
    answer = _tidy(answer)
    closing = _CLOSING.search(answer)
    return answer[: closing.start()] if closing else answer


def sanitize(code: str, entry: str) -> str:
    """The imports of ``code`` and the definitions that ``entry`` reaches; of two with one
    name the first. Functions without a ``return`` are left out, as EvalPlus does."""
    tree = _longest(_tidy(code))
    imports: list[ast.stmt] = []
    definitions: dict[str, ast.stmt] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports.append(statement)
        for name in _defined(statement):
            definitions.setdefault(name, statement)
    kept, queue = set[str](), [entry]
    while queue:
        name = queue.pop()
        if name in definitions and name not in kept:
            kept.add(name)
            queue += [n.id for n in ast.walk(definitions[name]) if isinstance(n, ast.Name)]
    needed = {id(definitions[name]) for name in kept}
    body = [*imports, *(statement for statement in tree.body if id(statement) in needed)]
    return ast.unparse(ast.Module(body, [])) + "\n"


def _tidy(text: str) -> str:
    return text[:_LARGEST].replace("\r\n", "\n")


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, _Function):
        if any(isinstance(node, ast.Return) for node in ast.walk(statement)):
            yield statement.name
    elif isinstance(statement, ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))


def _longest(text: str) -> ast.Module:
    """The longest run of lines that parses, by lines with anything on them; the first of
    several. From each start what lies before the first error is tried, and again what lies
    before that text's, so that an answer of prose costs no parse a pair of lines."""
    lines = text.split("\n")
    best, most = ast.Module([], []), 0
    for start, line in enumerate(lines):
        if not line.strip():
            continue
        end = len(lines)
        while (size := sum(1 for one in lines[start:end] if one.strip())) > most:
            tree, error = _parse("\n".join(lines[start:end]))
            if tree is not None:
                best, most = tree, size
                break
            end = min(end - 1, start + error - 1)
    return best


def _parse(text: str) -> tuple[ast.Module | None, int]:
    """The tree, or None and the 1-based line of the error."""
    try:
        with _warnings, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as an invalid escape in a string
            return ast.parse(text), 0
    except SyntaxError as error:
        return None, max(1, error.lineno or 1)
    except (ValueError, RecursionError, MemoryError):
        return None, len(text.split("\n"))
