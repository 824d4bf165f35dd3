from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from assistant.syntax import by_name, parse


def test_positions_count_bytes() -> None:
    tree = parse("é = 1\n", by_name("python"))
    assert tree.root_node.end_byte == 7


def test_text_that_does_not_parse_gives_a_tree() -> None:
    assert parse("def (", by_name("python")).root_node.has_error
    assert parse("\ud800", by_name("python")).root_node is not None


def test_threads_do_not_disturb_each_other() -> None:
    python, go = by_name("python"), by_name("go")
    sources = [("x = 1\n" * n, python) for n in range(1, 60)]
    sources += [("package a\n" + "var x = 1\n" * n, go) for n in range(1, 60)]

    def children(job: tuple[str, object]) -> int:
        text, language = job
        return parse(text, python if language is python else go).root_node.named_child_count

    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(children, sources))
    assert counted == list(range(1, 60)) + [n + 1 for n in range(1, 60)]
