"""Comments in such numbers that a grammar would be slow to read them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import tree_sitter

from assistant.syntax import by_name, outline, parse, tree
from assistant.syntax.comments import ENDS, MOST, thinned

PYTHON = by_name("python")
CODE = "def first(a):\n    return a\n\n\n"


def comments(count: int, indent: str = "") -> str:
    return "".join(f"{indent}# The comment's line {n}.\n" for n in range(count))


class Reading:
    """A parser that counts the pieces of text that it asks for: its scanner going over the same
    text again asks again."""

    def __init__(self) -> None:
        self.pieces = 0
        self._parser = tree_sitter.Parser(PYTHON.grammar)

    def parse(self, data: bytes) -> tree_sitter.Tree:
        def piece(start: int, _: object) -> bytes:
            self.pieces += 1
            return data[start : start + 512]

        return self._parser.parse(piece)


def pieces_read(text: str, monkeypatch: pytest.MonkeyPatch) -> int:
    reading = Reading()
    monkeypatch.setattr(tree, "_parser", lambda _: reading)
    assert not parse(text, PYTHON).root_node.has_error
    return reading.pieces


@pytest.mark.parametrize("indent", ["", "    "])
def test_reading_grows_with_the_text_and_not_with_its_square(
    indent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(count: int) -> int:
        return pieces_read(CODE + comments(count, indent), monkeypatch)

    assert read(4_000) < 3 * read(2_000)


def nodes(node: tree_sitter.Node) -> Iterator[tuple[str, int]]:
    if node.type != "comment":
        yield node.type, node.start_byte
    for child in node.children:
        yield from nodes(child)


@pytest.mark.parametrize(
    ("source", "gone"),
    [
        (CODE + comments(20) + "def second():\n    pass\n", 18),
        ("class A:\n" + comments(20, "    ") + "    x = 1\n", 18),
        ("def f(x):\n" + comments(9, "    ") + "    return x\n\n" + comments(9) + CODE, 14),
        (CODE + comments(9) + "\n\n" + comments(9) + "x = [\n" + comments(9) + "]\n", 23),
        # In a string, before one, between two, and where the last quote is missing.
        ("x = '''\n" + comments(20) + "# '''\ny = 1\n", 0),
        ('x = """\n' + comments(20) + '# \\"""\n# """\n' + comments(9), 7),
        ('x = \'"""\'\n' + comments(20) + "y = 2  # '''\n", 18),
        ("x = 'a\\\n" + comments(1) + "'\n" + comments(20) + "y = 'b'\n", 18),
        ("x = 1\n" + comments(9) + "y = '''\n" + comments(20), 7),
        ("x = 1\r\n# é\r\n" + comments(20).replace("\n", "\r\n") + "y = 2\r\n", 19),
    ],
)
def test_the_tree_stays_but_for_comments(source: str, gone: int) -> None:
    data = source.encode()
    thin = thinned(data, most=4, ends=1)
    assert data.count(b"# ") - thin.count(b"# ") == gone
    assert len(thin) == len(data)
    whole, bare = (tree_sitter.Parser(PYTHON.grammar).parse(text) for text in (data, thin))
    assert list(nodes(bare.root_node)) == list(nodes(whole.root_node))


def test_as_many_as_people_write_stay() -> None:
    data = (CODE + comments(MOST) + CODE).encode()
    assert thinned(data) is data


def test_the_comment_above_a_definition_still_describes_it() -> None:
    source = comments(MOST) + "# Adds one.\n" + "def second(a): ...\n"
    (found,) = outline(source, PYTHON).definitions
    assert found.doc == f"The comment's line {MOST + 1 - ENDS}."
    (found,) = outline(comments(500) + "\n# Adds one.\ndef second(a): ...\n", PYTHON).definitions
    assert found.doc == "Adds one."
