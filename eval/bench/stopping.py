"""How often a right answer survives stopping and post-processing, without a model.

    python -m eval.bench.stopping --data DIR [--kind single-line] [--limit N] [--show N]

The known answer of each record is fed as a model would write it that does not stop. What is
left must give the record's own file again, blank lines and trailing space apart. Nothing is
executed. What comes behind the answer:

* ``suffix``: all that follows the cursor, then something that does not belong there;
* ``line``: the rest of the line and one line that follows, then something else;
* ``scope``: at once something that does not belong there (only the scope's end can tell);
* ``answer``: nothing (only cutting too much can fail).

Kinds: ``single-line``, ``multi-line``, ``span-light`` (HumanEval-Infilling), ``santacoder``
(one line of Python, Java or JavaScript), ``santacoder-block`` (several lines cut from the
same files at places where brackets balance). ``intact`` is the share that survives, ``short``
had too much cut, ``long`` too little, ``none`` was dropped.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.completion.refine import refine
from assistant.completion.scope import plan
from assistant.completion.site import Site
from assistant.completion.stopping import Stopper
from assistant.settings import CompletionSettings
from assistant.types import Document

FILES = {
    "single-line": "HumanEval-SingleLineInfilling.jsonl.gz",
    "multi-line": "HumanEval-MultiLineInfilling.jsonl.gz",
    "span-light": "HumanEval-RandomSpanInfillingLight.jsonl.gz",
    "santacoder": "santacoder_fim_singleline.jsonl.gz",
    "santacoder-block": "santacoder_fim_singleline.jsonl.gz",
}
FED = ("suffix", "line", "scope", "answer")
LANGUAGES = {"py": "python", "java": "java", "js": "javascript"}
SUFFIXES = {language: suffix for suffix, language in LANGUAGES.items()}
PLAN_LINE = {"single-line", "santacoder"}

GARBAGE = {
    "python": [
        "\n\ndef another(value):\n    return value + 1\n\n\ndef third(value):\n    return value\n",
        "\n\nif __name__ == '__main__':\n    import doctest\n    doctest.testmod()\n",
        "\n```\n\nThis function returns the result.\n",
        "<|endoftext|>def other():\n    pass\n",
        "",
    ],
    "java": [
        "\n    public int another(int value) {\n        return value + 1;\n    }\n}\n",
        "\n```\n\nThis method returns the result.\n",
        "<|file_sep|>src/Other.java\npublic class Other {\n}\n",
        "",
    ],
    "javascript": [
        "\nfunction another(value) {\n  return value + 1;\n}\n\nmodule.exports = another;\n",
        "\n```\n\nThis function returns the result.\n",
        "<|endoftext|>const other = 1;\n",
        "",
    ],
}


@dataclass(frozen=True, slots=True)
class Record:
    name: str
    language: str
    prefix: str
    middle: str
    suffix: str


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--data", default=os.environ.get("ASSISTANT_DATA"))
    parser.add_argument("--kind", choices=FILES, action="append")
    parser.add_argument("--fed", choices=FED, action="append")
    parser.add_argument("--limit", type=int, default=0, help="records a kind, 0 for all")
    parser.add_argument("--show", type=int, default=0, help="failures to print a kind")
    options = parser.parse_args(arguments)
    if not options.data:
        parser.error("name the folder with the records: --data DIR or ASSISTANT_DATA")
    out = sys.stdout.write
    out(f"{'kind':<18}{'language':<12}{'fed':<8}{'n':>6}{'intact %':>10}")
    out(f"{'short':>7}{'long':>6}{'none':>6}\n")
    for kind in options.kind or FILES:
        counts: dict[tuple[str, str], Counter[str]] = {}
        shown: Counter[str] = Counter()
        for number, record in enumerate(_records(Path(options.data), kind, options.limit)):
            for fed in options.fed or FED:
                verdict, text = _judge(record, kind, fed, number)
                counts.setdefault((record.language, fed), Counter())[verdict] += 1
                if verdict != "intact" and shown[fed] < options.show:
                    shown[fed] += 1
                    out(f"--- {record.name} {fed}: {verdict}\n{record.prefix[-300:]}\n>>> wanted\n")
                    out(f"{record.middle}\n>>> left\n{text}\n>>> follows\n{record.suffix[:200]}\n")
        for (language, fed), found in counts.items():
            share = 100 * found["intact"] / found.total()
            out(f"{kind:<18}{language:<12}{fed:<8}{found.total():>6}{share:>10.1f}")
            out(f"{found['short']:>7}{found['long']:>6}{found['none']:>6}\n")
    return 0


Verdict = Literal["intact", "short", "long", "none"]


def _judge(record: Record, kind: str, fed: str, number: int) -> tuple[Verdict, str]:
    """Feeds the answer in pieces as a stream would, and compares what is left."""
    text = record.prefix + record.suffix
    path = Path(f"/record/{number % 7}.{SUFFIXES[record.language]}")
    site = Site.of(Document(path, text, record.language), len(record.prefix))
    settings = CompletionSettings(multiline="never" if kind in PLAN_LINE else "always")
    shape = plan(site, settings, automatic=False)
    stream = record.middle + _behind(record, fed, number)
    stopper = Stopper(site, shape)
    cut = None
    for end in range(0, len(stream) + 12, 12):
        if (cut := stopper.feed(stream[:end])) is not None:
            break
    draft = refine(site, shape, stream if cut is None else stream[:cut], "stop")
    result = record.prefix + draft.text + text[draft.end :]
    wanted = record.prefix + record.middle + record.suffix
    if _plain(result) == _plain(wanted):
        return "intact", draft.text
    if not draft.text:
        return "none", f"({draft.dropped})"
    return ("short" if len(result) < len(wanted) else "long"), draft.text


def _behind(record: Record, fed: str, number: int) -> str:
    """What the model writes after the right answer."""
    if fed == "answer":
        return ""
    garbage = GARBAGE[record.language]
    extra = garbage[number % len(garbage)]
    if fed == "suffix":
        return record.suffix + extra
    head, _, rest = record.suffix.partition("\n")
    if fed == "line":
        lines = [line for line in rest.split("\n") if line.strip()]
        return f"{head}\n" + "".join(f"{line}\n" for line in lines[:1]) + extra
    return f"\n{extra}"


def _plain(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def _records(data: Path, kind: str, limit: int) -> Iterator[Record]:
    found: list[Record] = []
    try:
        with gzip.open(data / FILES[kind], "rt", encoding="utf-8") as lines:
            found = [_record(json.loads(line)) for line in lines]
    except FileNotFoundError:
        sys.stderr.write(f"{data / FILES[kind]} is not there: left out\n")
    if kind == "santacoder-block":
        found = [block for number, r in enumerate(found) if (block := _block(r, number))]
    if limit and limit < len(found):
        found = random.Random(1).sample(found, limit)  # noqa: S311
    yield from found


def _record(row: dict[str, str]) -> Record:
    prefix, suffix = row["prompt"], row["suffix"]
    if "name" in row:  # SantaCoder's: a whole line is missing, and so are the line ends around
        prefix, suffix = prefix.rstrip("\n") + "\n", "\n" + suffix.lstrip("\n")
    language = LANGUAGES[row.get("language", "py")]
    name = row.get("task_id") or row["name"]
    return Record(name, language, prefix, row["canonical_solution"], suffix)


def _block(record: Record, seed: int) -> Record | None:
    """Two to eight whole lines around the record's own, whose brackets balance."""
    lines = (record.prefix + record.middle + record.suffix).split("\n")
    at = record.prefix.count("\n")
    spans = [
        (first, last)
        for first in range(max(0, at - 4), at + 1)
        for last in range(at + 2, min(len(lines), at + 6))
        if _balanced(lines[first:last]) and _same_depth(lines, first, last)
    ]
    if not spans:
        return None
    first, last = random.Random(seed).choice(spans)  # noqa: S311
    prefix = "\n".join(lines[:first]) + "\n" if first else ""
    return Record(
        f"{record.name}+{last - first}",
        record.language,
        prefix,
        "\n".join(lines[first:last]),
        "\n" + "\n".join(lines[last:]),
    )


def _balanced(lines: list[str]) -> bool:
    depth = 0
    for char in re.sub(r"\"[^\"\n]*\"|'[^'\n]*'", "", "\n".join(lines)):
        depth += (char in "([{") - (char in ")]}")
        if depth < 0:
            return False
    return depth == 0


def _same_depth(lines: list[str], first: int, last: int) -> bool:
    """Whether no line is indented less than the first one, which is indented."""
    widths = [len(line) - len(line.lstrip()) for line in lines[first:last] if line.strip()]
    return bool(widths and lines[first].strip() and widths[0] and min(widths) >= widths[0])


if __name__ == "__main__":
    raise SystemExit(main())
