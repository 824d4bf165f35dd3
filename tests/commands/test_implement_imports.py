"""A body may use what other modules of the project define: the import comes with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_control import FakeControl

from assistant.commands.catalogue.implement import COMMAND
from assistant.commands.checking.importing import Importing
from assistant.commands.edits import applied
from assistant.commands.protocol import Check, Options, Place
from assistant.sandbox import unavailable
from assistant.types import Document

Ask = Callable[..., Any]
Write = Callable[..., Path]

pytestmark = pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")

SHOP = {
    "shop/__init__.py": "",
    "shop/prices.py": "from shop.rates import RATE\n\n\ndef total(items):\n"
    "    return sum(items) * RATE\n",
    "shop/rates.py": "RATE = 2\n",
    "shop/old.py": "def listed(items):\n    return items\n\n\ndef add(a, b):\n    return a, b\n",
    "shop/new/__init__.py": "from ..rates import RATE\n\n\ndef listed(items):\n    return RATE\n",
    "tests/test_prices.py": "def total(items):\n    return 0\n",
}
BILL = '''\
def bill(items):
    """What they cost.

    >>> bill([1, 2])
    6
    """
'''
BODY = "\n    return total(items)\n```\n"


async def implemented(write: Write, ask: Ask, path: str, text: str) -> tuple[str, Check]:
    """The file after it, and what is said of its names."""
    write({**SHOP, path: text})
    options = Options(candidates=1, repairs=0)
    answer = await COMMAND.run(
        ask(path, text.replace("def bill", "|def bill"), options=options).job
    )
    after = applied(text, answer.edits)
    return after, next(c for c in answer.checks if c.name == "names")


async def test_the_import_is_in_the_style_of_the_file(write: Write, ask: Ask) -> None:
    root = write(SHOP)
    job = ask("shop/bills.py", "x = 1\n").job
    for path, head, line in (
        ("shop/bills.py", "from shop.rates import RATE\n", "from shop.prices import total"),
        ("shop/bills.py", "from .rates import RATE\n", "from .prices import total"),
        # As the files beside it do, else by its whole name.
        ("shop/new/bills.py", "", "from ..prices import total"),
        ("shop/bills.py", "", "from shop.prices import total"),
        ("bills.py", "", "from shop.prices import total"),
        ("tools/bills.py", "", "from shop.prices import total"),
    ):
        document = Document(root / path, head)
        files = {**SHOP, path: head}
        there = replace(job, place=Place(document, 0, 0, root))
        assert Importing(there, files, path).resolved(["total", "re"]).own == (line,), path


async def test_a_name_of_several_modules_stays_unknown_and_they_are_named(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    fake_engine.configure(default="\n    return listed(items) or add(1, 2) or lost(3)\n```\n")
    text, names = await implemented(write, ask, "shop/bills.py", BILL)
    # The project's own ``add`` is meant, not the operator's.
    assert text.startswith("from shop.old import add\n")
    assert names.passed is False
    assert names.detail == (
        "not defined: listed, lost; `listed` is defined at shop/old.py:1 and shop/new/__init__.py:4"
        ": import the one that is meant"
    )


async def test_modules_that_would_import_each_other(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    head = "import os\n\nLIMIT = os.sep\n\n\n"
    write(
        {"shop/lists.py": "from shop.bills import LIMIT\n\n\ndef doubled(x):\n    return x + x\n"}
    )
    fake_engine.configure(default="\n    return doubled(items)\n```\n")
    bill = BILL.replace("6", "[1, 2, 1, 2]")
    text, names = await implemented(write, ask, "shop/bills.py", head + bill)
    line = "from shop.lists import doubled"
    assert text == f"{head}{bill}    {line}\n    return doubled(items)\n"
    assert names.passed is True
    assert names.detail.startswith(f"brought: {line} (inside the function")


async def test_a_function_in_one_line_gets_a_line_for_its_import(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    text = "# TODO: g(x) gives helper of x\n\n\nY = 1\n"
    write({"a.py": text, "b.py": "from a import Y\n\n\ndef helper(x):\n    return x + Y\n"})
    fake_engine.configure(default="def g(x): return helper(x)\n```\n")
    options = Options(candidates=1, repairs=0)
    answer = await COMMAND.run(ask("a.py", f"|{text}", options=options).job)
    made = "def g(x):\n    from b import helper\n    return helper(x)\n"
    assert made in applied(text, answer.edits)
