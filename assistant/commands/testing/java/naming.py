"""What tests of Java are called."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from assistant.commands.testing.case import Case

LONGEST = 60
_TEST = re.compile(r"@Test\b[^;{]*?\bvoid\s+(\w+)\s*\(")


def method_names(
    cases: Sequence[Case], tested: Sequence[str], taken: Collection[str], others: str
) -> list[str]:
    """One for each of ``cases``, as the tests in the text ``others`` are named; none of ``taken``.
    ``tested`` are the names of what is called."""
    known = _TEST.findall(others)
    snakes = sum("_" in name for name in known) * 2 > len(known)
    tests = sum(name.startswith("test") for name in known) * 2 > len(known)
    used, found = set(taken), []
    for case in cases:
        words = [*_words(_called(case.call, tested)), *_result(case)]
        words = ["test", *words] if tests else words
        name = _joined(words, snakes)
        number, unique = 1, name
        while unique in used:
            number += 1
            apart = "_" if snakes or name[-1].isdigit() else ""
            unique = f"{name}{apart}{number}"
        used.add(unique)
        found.append(unique)
    return found


def _called(call: str, tested: Sequence[str]) -> str:
    """The method that a call is of, else the class."""
    found = [name for name in tested if re.search(rf"\b{name}\(", call)]
    methods = [name for name in found if name[:1].islower()]
    return (methods or found or [*tested, "it"])[0]


def _result(case: Case) -> Iterator[str]:
    if case.raises:
        yield from ("throws", *_words(case.raises.rsplit(".", 1)[-1]))
        return
    yield "returns"
    want = case.want
    if want in {"true", "false", "null"}:
        yield want
    elif number := re.fullmatch(r"(?:\((?:byte|short)\) )?(-?)(\d+)(?:\.(\d+))?[LfF]?", want):
        if number[1]:
            yield "minus"
        yield number[2]
        if number[3] and number[3] != "0":
            yield from ("point", number[3][:3])
    elif want[:1] in {'"', "'"}:
        yield from list(_words(re.sub(r"\\.", " ", want[1:-1])))[:4] or _bare(want)
    elif re.match(r"(?:List|Arrays|Set|Map|Optional\w*)\.", want):
        kind = "list" if want.startswith("Arrays") else want.split(".")[0].lower()
        yield from ("empty", kind) if want.endswith(("of()", "empty()")) else (kind,)
    elif want.startswith("new ") and "[" in want.split("(")[0]:
        yield from ("empty", "array") if re.search(r"\[0\]", want) else ("array",)
    else:
        name = want.removeprefix("new ").partition("(")[0]
        yield from list(_words(re.sub(r"\.(?:parse|fromString)$", "", name)))[-3:]


def _bare(want: str) -> list[str]:
    return (
        ["empty", "string"] if want == '""' else ["blank" if want.strip("\"' ") == "" else "text"]
    )


def _words(text: str) -> Iterator[str]:
    """Of a name, or of a text: letters and digits of ASCII only."""
    for part in re.findall(r"[A-Za-z0-9]+", text):
        yield from re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", part)


def _joined(words: Sequence[str], snakes: bool) -> str:
    if snakes:
        name = "_".join(word.lower() for word in words)
    else:
        name = "".join(word[:1].upper() + word[1:] for word in words)
        name = name[:1].lower() + name[1:]
    name = name[:LONGEST].rstrip("_")
    return name if re.match(r"[A-Za-z_]", name) else f"gives{name}"
