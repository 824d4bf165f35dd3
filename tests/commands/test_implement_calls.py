"""What callers say of a function that says nothing itself, or that nobody has written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_control import FakeControl
from scripted_model import Scripted, implement, place

from assistant.commands.catalogue.implement import COMMAND
from assistant.commands.edits import applied

Ask = Callable[..., Any]
Write = Callable[..., Path]


async def test_a_stub_is_inferred_from_its_callers(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    text = "def slug(title):\n    pass\n"
    write(
        {
            "texts.py": text,
            "pages.py": "from texts import slug\n\n\ndef address(page):\n"
            "    return '/pages/' + slug(page.title)\n",
            "other.py": "def slug(x):\n    return x\n\n\nprint(slug('mine'))\n",
        }
    )
    fake_engine.configure(default="\n    return title.lower()\n```\n")
    asked = ask("texts.py", text.replace("slug", "|slug"))
    answer = await COMMAND.run(asked.job)
    assert "return title.lower()" in applied(text, answer.edits)
    assert "Inferred from its calls at [pages.py:5](pages.py#L5)." in answer.markdown
    question = fake_engine.requests()[0]["messages"][1]["content"]
    assert "'/pages/' + slug(page.title)" in question
    assert "mine" not in question.split("is called like this")[1]


def test_a_docstring_needs_no_callers() -> None:
    text = 'def f(x):\n    """Twice."""\n\n\nprint(f(1))\n'
    answer = implement(Scripted("\n    return 2 * x"), place(text, "def"), candidates=1)
    assert "Inferred" not in answer.markdown


def test_an_undefined_name_becomes_a_function() -> None:
    text = (
        "def main(order):\n    price = total(order.items, rate=0.2)\n    return price\n\n\n"
        "def second(bag):\n    return total(bag)\n"
    )
    model = Scripted(" -> float:\n    return sum(items) * (1 + (rate or 0))\n\n\nmain(1)\n")
    answer = implement(model, place(text, "total"))
    assert applied(text, answer.edits) == (
        "def main(order):\n    price = total(order.items, rate=0.2)\n    return price\n\n\n"
        "def total(items, rate=None) -> float:\n    return sum(items) * (1 + (rate or 0))\n\n\n"
        "def second(bag):\n    return total(bag)\n"
    )
    assert "[bag.py:2](bag.py#L2)" in answer.markdown
    assert model.asked[0][-1].content.endswith("def total(items, rate=None)")


def test_what_is_called_while_the_file_is_read_stands_above() -> None:
    text = (
        '"""Numbers."""\n\nA = 1\n\n# The whole.\nBOTH = add(A, \'b\')\nMORE = add(1, text=\'c\')\n'
    )
    answer = implement(Scripted(":\n    return (a, text)\n"), place(text, "add"))
    assert applied(text, answer.edits) == (
        '"""Numbers."""\n\nA = 1\n\n\ndef add(a, text):\n    return (a, text)\n\n\n'
        "# The whole.\nBOTH = add(A, 'b')\nMORE = add(1, text='c')\n"
    )


def test_on_the_first_line_of_a_file() -> None:
    text = "print(add(1, 2))\n"
    answer = implement(Scripted(":\n    return number + number2\n"), place(text, "print"))
    assert applied(text, answer.edits) == (
        "def add(number, number2):\n    return number + number2\n\n\nprint(add(1, 2))\n"
    )


def test_what_is_awaited_is_asynchronous() -> None:
    text = "async def main():\n    await fetch('a')\n"
    answer = implement(Scripted(":\n    return text\n"), place(text, "fetch"))
    assert "\n\n\nasync def fetch(text):\n    return text\n" in applied(text, answer.edits)


@pytest.mark.parametrize(
    ("text", "at", "offered"),
    [
        ("def f():\n    return missing(1)\n", "missing", True),
        ("def f():\n    return missing(1)\n", "return", True),
        ("def f():\n    return missing + 1\n", "missing", False),
        ("def f():\n    return Path(1)\n", "Path", False),
        ("def f(g):\n    return g(1)\n", "g(1)", False),
        ("from a import *\n\n\ndef f():\n    return missing(1)\n", "missing", False),
        ("def f(:\n    return missing(1)\n", "missing", False),
        ("def f(x):\n    return x.missing(1)\n", "missing", False),
        ("def f():\n    return len([1])\n", "len", False),
    ],
)
def test_it_is_offered_on_calls_of_nothing(text: str, at: str, offered: bool) -> None:
    assert COMMAND.offers(place(text, at)) is offered
