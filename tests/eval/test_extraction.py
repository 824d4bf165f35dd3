"""The program in an answer."""

from __future__ import annotations

import pytest

from eval.extraction import after_opening, before_closing, in_block, sanitize

FUNCTION = "def half(x):\n    return x / 2\n"


@pytest.mark.parametrize(
    "answer",
    [
        FUNCTION + "```\nThis function halves.\n```python\nprint(half(1))\n```",
        "\n" + FUNCTION + "```",
        "python\n" + FUNCTION + "```\n",
        "```python\n" + FUNCTION + "```\n",
        "\n```python\n" + FUNCTION + "  ```\n",
        FUNCTION.replace("\n", "\r\n") + "```",
        FUNCTION,
    ],
)
def test_an_answer_within_an_open_block(answer: str) -> None:
    assert after_opening(answer) == FUNCTION


def test_its_indentation_stays() -> None:
    assert after_opening("\n    return 1\n```") == "    return 1\n"
    assert before_closing("\n    return 1\n```\nDone") == "\n    return 1\n"


@pytest.mark.parametrize(
    "answer",
    [
        f"Sure:\n```python\n{FUNCTION}```\nIt halves.",
        f"Install it:\n```bash\npip install it\n```\n```\n{FUNCTION}```",
        f"```py\n{FUNCTION}",
        f"```python\n{FUNCTION}```\n```python\n# or\n{FUNCTION}```",
    ],
)
def test_the_block_of_a_whole_answer(answer: str) -> None:
    assert in_block(answer, "half") == FUNCTION


def test_a_whole_answer_without_a_block() -> None:
    assert in_block("No code.", "half") == "No code."
    assert in_block("```\nx = 1\n```", "half") == "x = 1\n"


def test_sanitize_keeps_what_the_entry_point_needs() -> None:
    code = """\
import math
from typing import List

SCALE, UNUSED = 2, 3
OTHER = print("never")

class Box:
    size: int = SCALE

def helper(x: float) -> float:
    return math.floor(x) * Box.size

def unused() -> int:
    return OTHER

def half(x):
    return helper(x)

print(half(3))
assert half(1) == 0
if __name__ == "__main__":
    half(1)
"""
    kept = sanitize(code, "half")
    for name in ("import math", "from typing import List", "class Box", "def helper", "SCALE"):
        assert name in kept
    for name in ("unused", "OTHER", "print", "assert", "__main__"):
        assert name not in kept
    space: dict[str, object] = {}
    exec(kept, space)
    assert space["half"](3.5) == 6  # type: ignore[operator]


def test_sanitize_takes_the_first_of_two() -> None:
    again = FUNCTION.replace("2", "3")
    assert sanitize(FUNCTION + again, "half") == FUNCTION
    stub = "def half(x):\n    pass\n"
    assert sanitize(stub + FUNCTION, "half") == FUNCTION


def test_sanitize_drops_prose_and_what_was_cut_off() -> None:
    assert sanitize(f"Here it is:\n\n{FUNCTION}\nThat's all.", "half") == FUNCTION
    assert sanitize(FUNCTION + "def third(x):\n    return (x /", "half") == FUNCTION
    assert sanitize(FUNCTION + '\nprint("""', "half") == FUNCTION


def test_the_longest_run_is_by_lines_with_anything_on_them() -> None:
    code = "x = 1" + "\n" * 9 + "y = 2\n!\n" + FUNCTION + "z = 3\n"
    assert sanitize(code, "half") == FUNCTION


@pytest.mark.parametrize("text", ["", "\n", "I cannot.", "x = '\0'", "(" * 500, "def half(x):"])
def test_nothing_to_keep(text: str) -> None:
    assert sanitize(text, "half").strip() == ""


def test_long_prose_is_no_burden() -> None:
    assert sanitize("This is not code at all, it's prose.\n" * 1500, "half").strip() == ""


def test_an_invalid_escape_is_no_error() -> None:
    assert "return" in sanitize("def half(x):\n    return '\\d'\n", "half")
