"""Docstrings in the styles of Google, NumPy and reStructuredText, and plain ones: read and
written, and which of them a project uses."""

from __future__ import annotations

import ast
import re
import textwrap
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

STYLES = ("google", "numpy", "rest", "plain")
_TAKES = ("Args", "Arguments", "Parameters", "Params", "Keyword Args", "Keyword Arguments")
_GIVES = {"Return": "returns", "Returns": "returns", "Yield": "yields", "Yields": "yields"}
_OTHER = (
    r"Attributes|Examples?|Notes?|See Also|Warnings?|References|Todo|Warns|Methods|Usage|Tip|"
    r"Important"
)
_HEADS = "|".join([*_TAKES, *_GIVES, "Raises", "Other Parameters", _OTHER])
_GOOGLE = re.compile(rf"^({_HEADS}):[ \t]*$", re.MULTILINE)
_NUMPY = re.compile(rf"^({_HEADS})[ \t]*\n-{{3,}}[ \t]*$", re.MULTILINE)
_REST = re.compile(r"^:(\w+)(?:[ \t]+([^:\n]*))?:[ \t]*", re.MULTILINE)
_ITEM = re.compile(r"(\*{0,2}[\w.]+)[ \t]*(?:\(([^)]*)\))?[ \t]*:[ \t]*(.*)", re.DOTALL)
_NUMPY_ITEM = re.compile(r"(\*{0,2}\w+(?:[ \t]*,[ \t]*\*{0,2}\w+)*)[ \t]*(?::[ \t]*(.*))?$")


@dataclass(slots=True)
class Doc:
    """A docstring's parts. Names are without stars; ``types`` holds those that were written.
    ``other`` is what none of this project reads: kept as it is."""

    intro: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    returns: str | None = None
    yields: str | None = None
    raises: dict[str, str] = field(default_factory=dict)
    other: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a project writes docstrings. ``below``: the text begins on the line after the quotes."""

    style: str = "google"
    quotes: str = '"""'
    below: bool = False
    typed: bool = False
    width: int = 88


def style_of(doc: str) -> str:
    """The style that ``doc`` (without its indentation) is written in."""
    if _NUMPY.search(doc):
        return "numpy"
    if any(found[1] in ("param", "return", "returns", "raises") for found in _REST.finditer(doc)):
        return "rest"
    heads = [found[1] for found in _GOOGLE.finditer(doc)]
    telling = any(head in _TAKES or head in _GIVES or head == "Raises" for head in heads)
    return "google" if telling else "plain"


def read(doc: str) -> Doc:
    """The parts of ``doc``."""
    style = style_of(doc)
    if style == "rest":
        return _read_rest(doc)
    heads = list((_NUMPY if style == "numpy" else _GOOGLE).finditer(doc))
    found = Doc(doc[: heads[0].start()].strip() if heads else doc.strip())
    ends = [*(head.start() for head in heads), len(doc)][1:]
    for head, end in zip(heads, ends, strict=True):
        title, content = head[1], doc[head.end() : end].strip("\n")
        if title in _TAKES or title == "Raises":
            _items(found, title, content, style)
        elif title in _GIVES:
            setattr(found, _GIVES[title], textwrap.dedent(content).strip())
        else:
            found.other.append(doc[head.start() : end].rstrip())
    return found


def _items(found: Doc, title: str, content: str, style: str) -> None:
    into = found.raises if title == "Raises" else found.parameters
    for chunk in re.split(r"\n(?=\S)", textwrap.dedent(content).strip()):
        first, _, rest = chunk.partition("\n")
        if style == "numpy":
            item = _NUMPY_ITEM.match(first.strip())
            names = [name.strip() for name in item[1].split(",")] if item else [first.strip()]
            kind, said = (item[2] or "") if item else "", textwrap.dedent(rest)
        else:
            item = _ITEM.match(chunk)
            if item is None:
                continue
            names, kind, said = [item[1]], item[2] or "", item[3]
        for name in names:
            into[name.lstrip("*")] = " ".join(said.split())
            if kind and title != "Raises":
                found.types[name.lstrip("*")] = kind.strip()


def _read_rest(doc: str) -> Doc:
    fields = list(_REST.finditer(doc))
    found = Doc(doc[: fields[0].start()].strip())
    ends = [*(each.start() for each in fields[1:]), len(doc)]
    for each, end in zip(fields, ends, strict=True):
        kind, names = each[1], (each[2] or "").split()
        said = " ".join(doc[each.end() : end].split())
        if kind in ("param", "parameter", "arg", "argument", "key", "keyword") and names:
            found.parameters[names[-1].lstrip("*\\")] = said
            if names[:-1]:
                found.types[names[-1]] = " ".join(names[:-1])
        elif kind in ("raises", "raise", "except", "exception") and names:
            found.raises[names[0]] = said
        elif kind in ("return", "returns"):
            found.returns = said
        elif kind in ("yield", "yields"):
            found.yields = said
        else:
            found.other.append(doc[each.start() : end].rstrip())
    return found


def written(doc: Doc, order: list[str], manner: Manner, indent: str) -> str:
    """The literal for ``doc``, with the parameters ``order`` (with their stars)."""
    width = max(40, manner.width - len(indent))
    parts = [_wrapped(doc.intro, width, manner.width - len(indent) - 3)]
    if manner.style == "rest":
        sections = ["\n".join(_rest(doc, order, width))]
    else:
        sections = _sections(doc, order, manner, width)
    parts += [section for section in sections if section] + doc.other
    body = "\n\n".join(part for part in parts if part)
    several = "\n" in body
    body = body.replace("\r", "").replace(manner.quotes, manner.quotes[0] * 2)
    raw = "r" if "\\" in body else ""
    if body.endswith((manner.quotes[0], "\\")):
        body += "\n" if several else " "
    lines = [line if not line.strip() else indent + line for line in body.split("\n")]
    text = "\n".join(lines).removeprefix(indent)
    opening = f"\n{indent}" if manner.below and several else ""
    closing = f"\n{indent}" if several else ""
    return f"{raw}{manner.quotes}{opening}{text.rstrip(chr(10))}{closing}{manner.quotes}"


def _sections(doc: Doc, order: list[str], manner: Manner, width: int) -> list[str]:
    numpy = manner.style == "numpy"
    found = []
    items = [(name, doc.types.get(name.lstrip("*"), "")) for name in order]
    said = [doc.parameters.get(name.lstrip("*"), "") for name in order]
    if items:
        title = "Parameters" if numpy else "Args"
        found.append(_section(title, items, said, numpy, width))
    for title, text in (("Returns", doc.returns), ("Yields", doc.yields)):
        if text is not None:
            lines = textwrap.indent(_filled(text, width - 4), "    ")
            if numpy:
                lines = text if "\n" in text else _filled(text, width)
            found.append(f"{_head(title, numpy)}\n{lines}")
    if doc.raises:
        errors = [(name, "") for name in doc.raises]
        found.append(_section("Raises", errors, list(doc.raises.values()), numpy, width))
    return found


def _head(title: str, numpy: bool) -> str:
    return f"{title}\n{'-' * len(title)}" if numpy else f"{title}:"


def _section(
    title: str, items: list[tuple[str, str]], said: list[str], numpy: bool, width: int
) -> str:
    lines = [_head(title, numpy)]
    for (name, kind), text in zip(items, said, strict=True):
        if numpy:
            lines.append(f"{name} : {kind}" if kind else name)
            lines.append(textwrap.indent(_filled(text, width - 4), "    "))
        else:
            typed = f" ({kind})" if kind else ""
            whole = f"{name}{typed}: {text}"
            lines.append(_fill(whole, width, "    ", "        "))
    return "\n".join(lines)


def _fill(text: str, width: int, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _rest(doc: Doc, order: list[str], width: int) -> Iterable[str]:
    items = [(f":param {n.lstrip('*')}:", doc.parameters.get(n.lstrip("*"), "")) for n in order]
    items += [(":returns:", doc.returns)] if doc.returns is not None else []
    items += [(":yields:", doc.yields)] if doc.yields is not None else []
    items += [(f":raises {name}:", text) for name, text in doc.raises.items()]
    for head, text in items:
        yield _fill(f"{head} {text}", width, rest="    ")


def _filled(text: str, width: int) -> str:
    return text if "\n" in text else _fill(text, width)


def _wrapped(intro: str, width: int, first: int) -> str:
    """``intro`` as it is where it fits; else each long line by itself."""
    lines = intro.split("\n")
    if len(lines[0]) <= first and all(len(line) <= width for line in lines):
        return intro
    return "\n".join(
        line if len(line) <= width and (number or len(line) <= first) else _filled(line, first)
        for number, line in enumerate(lines)
    )


def manner_of(texts: Iterable[str], convention: str = "", width: int = 88) -> Manner | None:
    """How ``texts``, sources of Python, write their docstrings; None where they have none."""
    styles, quotes, below, typed = Counter[str](), Counter[str](), Counter[bool](), 0
    for text in texts:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if not (doc := ast.get_docstring(node)):
                continue
            literal = ast.get_source_segment(text, node.body[0]) or ""
            style = style_of(doc)
            styles[style] += 1
            typed += bool(read(doc).types) and style != "plain"
            quotes["'''" if "'''" in literal[:4] else '"""'] += 1
            if "\n" in doc:
                below[
                    literal.lstrip("rRuU").removeprefix("'''").removeprefix('"""')[:1] == "\n"
                ] += 1
    if not styles:
        return None
    sectioned = Counter({style: styles[style] for style in STYLES[:3] if styles[style]})
    # Most docstrings are short; sections in one of five say that the project writes them.
    often = sectioned.total() * 5 >= styles.total()
    style = sectioned.most_common(1)[0][0] if sectioned and often else "plain"
    return Manner(
        convention or style,
        quotes.most_common(1)[0][0],
        below.total() > 0 and below.most_common(1)[0][0],
        bool(sectioned) and typed * 2 >= sectioned.total(),
        width,
    )
