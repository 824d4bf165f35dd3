"""Editing by instruction: the diff applies, nothing else is touched, what it breaks is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from edited_shop import SHOP, after, at, diff_of, git_applies, passed
from fake_control import FakeControl
from hypothesis import given
from hypothesis import strategies as st

from assistant.commands.catalogue.edit import COMMAND
from assistant.commands.edits import applied, edits_between, unified_diff
from assistant.commands.protocol import commands
from assistant.errors import UsageError
from assistant.sandbox import unavailable

Ask = Callable[..., Any]
Write = Callable[..., Path]

sandboxed = pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")

BETTER = '''\
def total(self, rate):
    """With tax."""
    return sum(self.items) * (1 + rate)
'''
TESTS = """\
from shop import Cart, label


def test_total():
    cart = Cart()
    cart.items = [1, 2]
    assert cart.total(0) == 3


def test_label():
    assert label("a") == "A"
"""


def test_it_is_found() -> None:
    assert commands().get("edit") is COMMAND


@sandboxed
async def test_the_method_at_the_cursor_is_edited_and_the_diff_applies(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    root = write({"shop.py": SHOP, "tests/test_shop.py": TESTS})
    fake_engine.configure(default=BETTER + "```\n")
    asked = ask("shop.py", at(SHOP, "result = 0"), instruction="use sum()")
    answer = await COMMAND.run(asked.job)
    expected = SHOP.replace(
        "        result = 0\n        for item in self.items:\n            result = result + item\n"
        "        return result * (1 + rate)",
        "        return sum(self.items) * (1 + rate)",
    )
    assert after(SHOP, answer) == expected
    assert passed(answer) == {"edits": True, "parses": True, "names": True, "breaks nothing": True}
    assert (root / "shop.py").read_text() == SHOP
    git_applies(root, diff_of(answer))
    assert (root / "shop.py").read_text() == expected
    (request,) = fake_engine.requests()
    question = request["messages"][1]["content"]
    assert "use sum()" in question
    assert "the method `Cart.total` of shop.py" in question


@sandboxed
async def test_an_edit_that_breaks_a_test_is_said(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    write({"shop.py": SHOP, "tests/test_shop.py": TESTS})
    fake_engine.configure(default="def total(self, rate):\n    return 7\n```\n")
    asked = ask("shop.py", at(SHOP, "result = 0"), instruction="be quick")
    answer = await COMMAND.run(asked.job)
    assert passed(answer)["breaks nothing"] is False
    assert "7 == 3" in next(c.detail for c in answer.checks if c.name == "breaks nothing")
    assert answer.edits  # it is the user's to decide
    last = fake_engine.requests()[-1]["messages"]
    assert "a test that passed fails" in last[-2]["content"]


async def test_a_selection_is_whole_lines_and_only_they_change(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    write({"shop.py": SHOP})
    fake_engine.configure(default="result = 0.0\n```\n")
    marked = SHOP.replace("result = 0\n", "res|ult |= 0\n")
    answer = await COMMAND.run(ask("shop.py", marked, instruction="a float").job)
    assert after(SHOP, answer) == SHOP.replace("result = 0\n", "result = 0.0\n")


async def test_a_todo_is_an_instruction(write: Write, ask: Ask, fake_engine: FakeControl) -> None:
    write({"shop.py": SHOP})
    fake_engine.configure(default="def label(name):\n    return name.strip().upper()\n```\n")
    asked = ask("shop.py", at(SHOP, "# TODO"))
    assert COMMAND.offers(asked.job.place)
    answer = await COMMAND.run(asked.job)
    assert "TODO" not in after(SHOP, answer)
    assert "strip the name first" in fake_engine.requests()[0]["messages"][1]["content"]


async def test_without_an_instruction_it_says_what_to_do(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    write({"shop.py": SHOP})
    asked = ask("shop.py", at(SHOP, "class Cart"))
    assert not COMMAND.offers(asked.job.place)
    with pytest.raises(UsageError, match="say what to change"):
        await COMMAND.run(asked.job)
    assert not fake_engine.requests()


async def test_imports_go_to_the_head_of_the_file(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    write({"shop.py": SHOP})
    code = "import re\n\ndef label(name):\n    return re.sub('x', math.pi, name)\n```\n"
    fake_engine.configure(default=code)
    answer = await COMMAND.run(ask("shop.py", at(SHOP, "return name"), instruction="x").job)
    head = after(SHOP, answer).split("class Cart")[0]
    assert "import re\n" in head
    assert "import math\n" in head
    assert passed(answer)["names"] is True


async def test_code_that_is_left_out_is_no_edit(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    write({"shop.py": SHOP})
    code = "class Cart:\n    # ... existing code ...\n    pass\n```\n"
    fake_engine.configure(default=code)
    asked = ask("shop.py", at(SHOP, "class Cart"), instruction="add nothing")
    answer = await COMMAND.run(asked.job)
    assert answer.edits == ()
    assert "it leaves code out" in answer.markdown
    assert answer.attempts == 10


@pytest.mark.parametrize(
    ("code", "check"),
    [
        ("def label(name, upper):\n    return name\n```\n", None),
        ("def tag(name):\n    return name\n```\n", False),
    ],
)
async def test_callers_elsewhere_are_named(
    write: Write, ask: Ask, fake_engine: FakeControl, code: str, check: bool | None
) -> None:
    write({"shop.py": SHOP, "main.py": "from shop import label\n\nprint(label('x'))\n"})
    fake_engine.configure(default=code)
    answer = await COMMAND.run(ask("shop.py", at(SHOP, "return name"), instruction="x").job)
    (found,) = [each for each in answer.checks if each.name == "callers"]
    assert found.passed is check
    assert "main.py:3" in found.detail


async def test_decorators_and_overloads_stay(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    text = """\
from functools import cache
from typing import overload


@overload
def size(a: int) -> int: ...
@overload
def size(a: str) -> str: ...
def size(a): return a


@cache
def double(a):
    return a + a
"""
    write({"sizes.py": text, "main.py": "from sizes import double, size\n\nsize(double(1))\n"})
    fake_engine.configure(default="\ndef double(a):\n    return 2 * a\n```\n")
    answer = await COMMAND.run(ask("sizes.py", at(text, "return a +"), instruction="shorter").job)
    assert after(text, answer) == text.replace("a + a", "2 * a")
    assert fake_engine.requests()[0]["messages"][-1]["content"].endswith("@cache\n")
    assert "callers" not in passed(answer)


@sandboxed
async def test_names_that_a_star_import_hides_are_not_called_known(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    text = "from os import *\n\n\ndef f():\n    return 1\n"
    write({"stars.py": text})
    fake_engine.configure(default="def f():\n    return frobnicate()\n```\n")
    answer = await COMMAND.run(ask("stars.py", at(text, "return 1"), instruction="x").job)
    assert passed(answer)["names"] is None


async def test_line_ends_stay(write: Write, root: Path, ask: Ask, fake_engine: FakeControl) -> None:
    text = SHOP.replace("\n", "\r\n")
    write({})
    (root / "shop.py").write_bytes(text.encode())
    fake_engine.configure(default="def label(name):\n    return name\n```\n")
    answer = await COMMAND.run(ask("shop.py", at(text, "return name"), instruction="x").job)
    now = after(text, answer)
    assert "def label(name):\r\n    return name\r\n" in now
    assert "\n" not in now.replace("\r\n", "")


async def test_an_answer_that_is_too_long_is_asked_for_less(
    write: Write, ask: Ask, fake_engine: FakeControl
) -> None:
    large = "".join(f"VALUE_{n} = {n}  # {'x' * 60}\n" for n in range(2_000))
    write({"large.py": large})
    asked = ask("large.py", f"|{large}", instruction="shorten it")
    with pytest.raises(UsageError, match="select the lines to change"):
        await COMMAND.run(asked.job)


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "  d"]), max_size=8)


@given(LINES, LINES, st.booleans(), st.booleans())
def test_edits_and_diffs_lead_from_one_text_to_the_other(
    one: list[str], other: list[str], first: bool, second: bool
) -> None:
    before = "\n".join(one) + "\n" * first
    text = "\n".join(other) + "\n" * second
    assert applied(before, edits_between(Path("a"), before, text)) == text
    assert bool(unified_diff("a", before, text)) == (before != text)


def test_a_file_without_a_last_line_end_is_patched(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\ntwo")
    git_applies(tmp_path, unified_diff("a.txt", "one\ntwo", "one\nthree"))
    assert (tmp_path / "a.txt").read_text() == "one\nthree"
