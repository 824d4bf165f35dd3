"""Edit blocks in an answer: read, put where their lines stand, or refused."""

from __future__ import annotations

from assistant.commands.editing.patches import Patch, patched, patches


def test_blocks_are_read_with_fences_and_without_paths() -> None:
    answer = (
        "Here it is.\n\n`src/a.py`:\n```python\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n"
        "```\n<<<<<<< SEARCH\nz\n=======\n>>>>>>> REPLACE\n<<<<<<< SEARCH\nbroken off"
    )
    assert patches(answer) == [Patch("src/a.py", "x\n", "y\n"), Patch("src/a.py", "z\n", "")]


def test_a_block_is_indented_as_the_file_is() -> None:
    texts = {"a.py": "class A:\n    def f(self):\n        return 1\n"}
    block = Patch("a.py", "def f(self):\n    return 1\n", "def f(self):\n    return 2\n\n")
    now, wrong = patched(texts, [block])
    assert now == {"a.py": "class A:\n    def f(self):\n        return 2\n"}
    assert not wrong


def test_a_block_with_two_middles_is_refused() -> None:
    text = "Title\n=======\n\nold\n"
    block = "a.rst\n<<<<<<< SEARCH\nTitle\n=======\n\nold\n=======\nTitle\n>>>>>>> REPLACE\n"
    now, wrong = patched({"a.rst": text}, patches(block))
    assert not now
    assert "more than one line" in wrong[0]


def test_lines_that_stand_twice_are_not_guessed() -> None:
    now, wrong = patched({"a.py": "x\nx\n"}, [Patch("a.py", "x\n", "y\n")])
    assert not now
    assert "these lines are not in a.py" in wrong[0]
