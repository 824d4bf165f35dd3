"""Choosing among answers by what they do, where nothing says what they should.

Answers that are right behave alike, wrong ones each in their own way: of the answers the first one
of the largest group that behaves alike is taken (MBR-exec, Shi et al. 2022, arXiv 2204.11454;
AlphaCode's clustering, Li et al. 2022, arXiv 2203.07814).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.commands.checking.examples import Example
from assistant.commands.checking.inputs import by_types, calls_of, neighbours
from assistant.commands.checking.subject import subject_at
from assistant.commands.checking.trials import IMPORT, Trials
from assistant.commands.functions import Function
from assistant.commands.protocol import Job, Place
from assistant.types import Document

MOST = 32
"""Calls that answers are compared by."""
SECONDS, PATIENCE = 1.0, 6.0
"""Of CPU time, for one call and for all calls of one answer."""
_KINDS = ("int", "str", "list[int]", "list[str]", "float")
"""Tried for parameters that say nothing; calls that fail say nothing either."""
_BY_NAME = (
    (r"(?:words|strings|names|strs|lines|texts|tokens|keys)$", "list[str]"),
    (r"(?:matrix|grid|board|rows|lists|points|intervals)$", "list[list[int]]"),
    (r"(?:l|lst|\w*list|arr\w*|nums|numbers|values|items|elements|data|seq\w*|xs)$", "list[int]"),
    (r"(?:s\d?|st|\w*str\w*|text|word|name|sentence|message|char|pattern|prefix|suffix)$", "str"),
    (r"(?:d|dic|dict\w*|mapping|table)$", "dict"),
    (r"(?:is_\w+|flag|reverse|strict)$", "bool"),
    (r"(?:rate|ratio|price|amount|tolerance|eps\w*)$", "float"),
)
_ALIAS = "assistant_answer"
_RAISED = re.compile(r"( raised \w+): .*", re.DOTALL)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def behaviours(
    job: Job,
    trials: Trials,
    function: Function,
    texts: Sequence[str],
    names: Sequence[str] = (),
    shown: Sequence[str] = (),
) -> list[tuple[str, ...]]:
    """What each of ``texts``, whole files, gives where they can be compared; nothing for one that
    gives nothing anywhere, and for all where none of the calls that were made up says anything.
    ``names`` are those that the function has in each of them, where they differ from
    ``function``'s; ``shown`` is code that calls it. Raises UsageError where the sandbox refuses."""
    calls = _calls(job, function, texts, shown)
    if not calls:
        return [()] * len(texts)
    if names:
        # One name for all of them, and no other than that.
        calls = [_ALIAS + call.removeprefix(function.name) for call in calls]
        texts = [f"{text}\n\n{_ALIAS} = {name}\n" for text, name in zip(texts, names, strict=True)]
    # No value equals it, so that each result says what came instead.
    asked = [Example(call, "...", "value") for call in calls]
    distinct = list(dict.fromkeys(texts))
    limited = replace(trials, examples=asked, tests=(), script="")
    limited = replace(limited, seconds=SECONDS, patience=PATIENCE)
    ran = dict(zip(distinct, limited.run(job.run, distinct), strict=True))
    results = [
        [_RAISED.sub(r"\1", one.results.get(f"example {n + 1}", "")) for n in range(len(calls))]
        if not one.fault and not one.results.get(IMPORT)
        else []
        for one in map(ran.__getitem__, texts)
    ]
    telling = [n for n in range(len(calls)) if _tells([row[n] for row in results if row])]
    seen = [tuple(row[n] for n in telling) if row else () for row in results]
    # One that gives nothing at any of them behaves like nobody.
    return [each if any(_gave(value) for value in each) else () for each in seen]


def _tells(values: list[str]) -> bool:
    """Whether most answers give a value there, one that can be compared."""
    given = [value for value in values if _gave(value)]
    return 2 * len(given) > len(values) and not any(_ADDRESS.search(value) for value in given)


def _gave(value: str) -> bool:
    return " gave " in value


def _calls(job: Job, function: Function, texts: Sequence[str], shown: Sequence[str]) -> list[str]:
    path = job.place.document.path
    for text in (*texts, function.text):
        place = Place(Document(path, text, "python"), function.head, function.head)
        subject = subject_at(place)
        if subject is not None and subject.names == (function.name,):
            sources = _annotated(f"{function.signature} ...", function.name)
            made = (call for each in sources for call in by_types(each, subject.call))
            known = [
                call for code in shown for call in calls_of(code, subject.names, (subject.top,))
            ]
            # What somebody wrote comes first: it is of the right kind.
            known += neighbours(known, MOST // 2)
            found = list(dict.fromkeys([*known[: MOST // 2], *made]))
            first = found[: MOST // 2]
            return list(dict.fromkeys([*first, *neighbours(first, MOST // 4), *found]))[:MOST]
    return []


def _annotated(source: str, name: str) -> Iterable[str]:
    """``source`` as its parameters' names have it, and with one kind for all that say nothing."""
    for other in ("", *_KINDS):
        tree = ast.parse(source)
        silent = 0
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                for each in node.args.args:
                    if each.annotation is None and each.arg not in ("self", "cls"):
                        silent += 1
                        kind = other or _kind(each.arg)
                        each.annotation = ast.parse(kind, mode="eval").body
        yield ast.unparse(tree)
        if not silent:
            return


def _kind(name: str) -> str:
    return next((kind for pattern, kind in _BY_NAME if re.match(pattern, name)), "int")
