from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from assistant.context.pack import pack
from assistant.types import Snippet, SnippetKind


def words(text: str) -> int:
    return len(text.split())


def snippet(
    path: str,
    start: int,
    text: str = "a b c",
    kind: SnippetKind = SnippetKind.SIMILAR,
    score: float = 1.0,
) -> Snippet:
    return Snippet(path, start, start + text.count("\n") + 1, text, kind, score, "because")


def test_chosen_by_score_ordered_by_place() -> None:
    low, high = snippet("a.py", 0, "one two", score=1), snippet("b.py", 0, "three four", score=2)
    assert pack([high, low], words, 100) == [low, high]
    assert pack([low, high], words, 3) == [high]


def test_kinds_stand_in_the_order_of_the_prompt() -> None:
    given_kinds = list(reversed(SnippetKind))
    found = pack([snippet("a.py", n, f"x{n}", k) for n, k in enumerate(given_kinds)], words, 100)
    assert [one.kind for one in found] == list(SnippetKind)


def test_nothing_is_shown_twice() -> None:
    one = snippet("a.py", 0, "same text")
    again = snippet("b.py", 7, "same   text", SnippetKind.OPEN)
    assert pack([one, again], words, 100) == [one]


def test_overlapping_source_is_merged() -> None:
    one = snippet("a.py", 0, "l0\nl1\nl2", score=1)
    two = snippet("a.py", 2, "l2\nl3", score=2)
    (merged,) = pack([two, one], words, 100)
    assert (merged.start_line, merged.end_line, merged.text) == (0, 4, "l0\nl1\nl2\nl3")
    assert merged.score == 2


def test_lines_shown_as_source_are_not_shown_by_another_kind() -> None:
    similar = snippet("a.py", 0, "l0\nl1\nl2")
    recent = snippet("a.py", 1, "l1\nl2\nl3", SnippetKind.RECENT)
    assert pack([similar, recent], words, 100) == [similar]


def test_one_kind_leaves_room_for_others() -> None:
    imported = [snippet(f"a{n}.py", 0, f"x{n} " * 20, SnippetKind.IMPORTED) for n in range(9)]
    recent = snippet("b.py", 0, "y " * 20, SnippetKind.RECENT)
    kinds = [one.kind for one in pack([*imported, recent], words, 100)]
    assert kinds.count(SnippetKind.RECENT) == 1
    assert kinds.count(SnippetKind.IMPORTED) >= 2


def test_room_that_others_leave_is_used() -> None:
    imported = [snippet(f"a{n}.py", 0, f"x{n} " * 9, SnippetKind.IMPORTED) for n in range(20)]
    # Three tenths are kept for what the current line calls.
    assert len(pack(imported, words, 100)) == 7


def test_what_the_line_calls_comes_last_and_pushes_nothing_out() -> None:
    imported = [snippet(f"b{n}.py", 0, f"x{n} " * 9, SnippetKind.IMPORTED) for n in range(20)]
    called = [snippet(f"a{n}.py", 0, f"y{n} " * 9, SnippetKind.CALLED, 9 - n) for n in range(5)]
    without = pack(imported, words, 100)
    assert pack([*called, *imported], words, 100) == [*without, *called[:3]]


def test_what_the_line_calls_is_clipped_to_its_share() -> None:
    called = snippet("a.py", 0, "\n".join(f"line {n}" for n in range(99)), SnippetKind.CALLED)
    (shown,) = pack([called], words, 100)
    assert called.text.startswith(shown.text)
    assert 5 < shown.text.count("\n") < 15


def test_what_is_clipped_names_the_lines_that_are_left() -> None:
    text = "\n".join(f"line {n}" for n in range(99))
    source = snippet("a.py", 7, text, SnippetKind.CALLED)
    (shown,) = pack([source], words, 100)
    assert shown.end_line - shown.start_line == shown.text.count("\n") + 1
    summary = replace(source, end_line=500)
    (shown,) = pack([summary], words, 100)
    assert (shown.start_line, shown.end_line) == (7, 500)


def test_what_is_shown_already_is_not_shown_again_for_being_called() -> None:
    imported = snippet("a.py", 0, "def f(x)", SnippetKind.IMPORTED)
    called = snippet("a.py", 0, "def f(x)", SnippetKind.CALLED)
    assert pack([called, imported], words, 100) == [imported]


snippets = st.builds(
    snippet,
    path=st.sampled_from(["a.py", "b/c.py", "d.go"]),
    start=st.integers(0, 20),
    text=st.lists(st.sampled_from(["x", "y = 1", "", "z(q)"]), min_size=1, max_size=9).map(
        "\n".join
    ),
    kind=st.sampled_from(list(SnippetKind)),
    score=st.sampled_from([0.1, 0.5, 0.5, 2.0]),
)


@given(st.lists(snippets, max_size=25), st.integers(0, 60))
def test_within_budget_in_order_without_overlap(given_ones: list[Snippet], budget: int) -> None:
    found = pack(given_ones, words, budget)
    assert sum(words(f"{one.path}\n{one.text}\n") for one in found) <= budget
    kinds = list(SnippetKind)
    places = [(kinds.index(one.kind), one.path, one.start_line) for one in found]
    assert places == sorted(places)
    texts = [" ".join(one.text.split()) for one in found]
    assert len(set(texts)) == len(texts)


@given(st.permutations([snippet(f"{n}.py", n, f"t{n} u", score=n % 3) for n in range(8)]))
def test_the_order_of_the_finders_does_not_matter(shuffled: list[Snippet]) -> None:
    expected = pack([snippet(f"{n}.py", n, f"t{n} u", score=n % 3) for n in range(8)], words, 12)
    assert pack(shuffled, words, 12) == expected
