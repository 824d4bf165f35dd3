"""When an earlier suggestion answers a later keystroke."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.completion.reuse import SuggestionCache, carry_over, typed_since
from assistant.types import Completion, CompletionRequest, Document

PATH = Path("/project/a.py")


def at(marked: str, path: Path = PATH, automatic: bool = True) -> CompletionRequest:
    """A request at the ``|`` in ``marked``."""
    offset = marked.index("|")
    return CompletionRequest(
        Document(path, marked.replace("|", "", 1)), offset, automatic=automatic
    )


def answer(request: CompletionRequest, text: str, replaced: int = 0) -> Completion:
    return Completion(text, request.offset, request.offset + replaced, generated_tokens=1)


def applied(request: CompletionRequest, completion: Completion) -> str:
    text = request.document.text
    return text[: completion.start] + completion.text + text[completion.end :]


@pytest.mark.parametrize(
    ("made", "text", "replaced", "now", "rest"),
    [
        ("x = |\n", "load(path)", 0, "x = |\n", "load(path)"),
        ("x = |\n", "load(path)", 0, "x = lo|\n", "ad(path)"),
        ("x = lo|\n", "ad(path)", 0, "x = load|\n", "(path)"),
        # The editor closes the bracket that the user has typed.
        ("x = |\n", "load(path)", 0, "x = load(|)\n", "path)"),
        ("x = |\n", "load([a, 'b'])", 0, "x = load([a, '|'])\n", "b'])"),
        # The suggestion replaces a bracket that stands there already.
        ("x = load(|)\n", "path)", 1, "x = load(pa|)\n", "th)"),
        # And the user types over it, while something is left to insert.
        ("x = load(|)\n", "path).name", 1, "x = load(path)|\n", ".name"),
        # Several lines, with the indentation that the editor puts in.
        ("if a:|\n", "\n    b()\n    c()", 0, "if a:\n    |\n", "b()\n    c()"),
        ("x = |\n", "'é🙂z'", 0, "x = 'é🙂|'\n", "z'"),
    ],
)
def test_carries_over(made: str, text: str, replaced: int, now: str, rest: str) -> None:
    before, after = at(made), at(now)
    completion = answer(before, text, replaced)
    found = carry_over(before, completion, after)
    assert found is not None
    assert found.text == rest
    assert applied(after, found) == applied(before, completion)


@pytest.mark.parametrize(
    ("made", "text", "now"),
    [
        ("x = |\n", "load()", "x = sa|\n"),
        ("x = |\n", "load()", "x = load()|\n"),  # nothing left
        ("x = lo|\n", "ad()", "x = l|\n"),  # gone back behind where it was made
        ("x = |\n", "load()", "y = lo|\n"),
        ("x = |\n", "load()", "x = lo|\nmore\n"),
        ("x = |\n", "load()", "x = lo|a\n"),
        ("x = |\ny\n", "load()", "x = lo|\n"),
    ],
)
def test_does_not_carry_over(made: str, text: str, now: str) -> None:
    before = at(made)
    assert carry_over(before, answer(before, text), at(now)) is None


def test_not_to_another_file() -> None:
    before = at("x = |")
    assert carry_over(before, answer(before, "1"), at("x = |", Path("/project/b.py"))) is None


@given(
    head=st.text("ab(\n ", max_size=8),
    tail=st.text(")]\nab ", max_size=6),
    text=st.text("ab()[]\n ", min_size=1, max_size=10),
    replaced=st.integers(0, 3),
    now=st.text("ab()[]\n ", max_size=20),
    offset=st.integers(0, 20),
)
def test_leads_to_the_same_document(
    head: str, tail: str, text: str, replaced: int, now: str, offset: int
) -> None:
    before = CompletionRequest(Document(PATH, head + tail), len(head))
    completion = answer(before, text, min(replaced, len(tail)))
    after = CompletionRequest(Document(PATH, now), min(offset, len(now)))
    found = carry_over(before, completion, after)
    if found is not None:
        assert found.text
        assert found.start <= after.offset <= found.end <= len(now)
        assert applied(after, found) == applied(before, completion)


@given(
    head=st.text("ab(\n", max_size=8),
    tail=st.text(")\nab", max_size=6),
    text=st.text("ab()\n", min_size=2, max_size=10),
    taken=st.integers(1, 9),
)
def test_every_beginning_typed_is_answered(head: str, tail: str, text: str, taken: int) -> None:
    taken = min(taken, len(text) - 1)
    before = CompletionRequest(Document(PATH, head + tail), len(head))
    after = CompletionRequest(Document(PATH, head + text[:taken] + tail), len(head) + taken)
    found = carry_over(before, answer(before, text), after)
    assert found is not None
    assert found.text == text[taken:]


@pytest.mark.parametrize(
    ("before", "after", "typed"),
    [
        ("a|b", "a|b", ""),
        ("a|b", "axy|b", "xy"),
        ("f|\n", "f(|)\n", "("),
        ("a|b", "a|", None),
        ("ab|", "a|b", None),
        ("a|b", "ax|c", None),
        ("a|\n", "ax|words\n", None),
    ],
)
def test_what_was_typed(before: str, after: str, typed: str | None) -> None:
    assert typed_since(at(before), at(after)) == typed


class TestCache:
    def test_type_through_and_back(self) -> None:
        cache = SuggestionCache()
        first = at("x = |\n")
        kept = cache.add(first, answer(first, "load()"))
        for now, rest in [("x = lo|\n", "ad()"), ("x = l|\n", "oad()"), ("x = |\n", "load()")]:
            found = cache.find(at(now))
            assert found is not None
            assert (found[0].id, found[1].text) == (kept.id, rest)

    def test_prefers_the_newest(self) -> None:
        cache = SuggestionCache()
        first, second = at("x = |\n"), at("x = l|\n")
        cache.add(first, answer(first, "load()"))
        cache.add(second, answer(second, "ist()"))
        found = cache.find(at("x = l|\n"))
        assert found is not None
        assert found[1].text == "ist()"
        found = cache.find(at("x = lo|\n"))
        assert found is not None
        assert found[1].text == "ad()"

    def test_knows_that_there_is_nothing(self) -> None:
        cache = SuggestionCache()
        request = at("x = |\n")
        cache.add(request, answer(request, ""))
        found = cache.find(request)
        assert found is not None
        assert found[1].text == ""
        assert cache.find(at("x = 1|\n")) is None

    def test_nothing_in_one_file_says_nothing_of_its_copy(self) -> None:
        cache = SuggestionCache()
        request = at("x = |\n")
        cache.add(request, answer(request, ""))
        assert cache.find(at("x = |\n", Path("/project/b.py"))) is None

    def test_an_explicit_request_wants_more_than_the_automatic_answer(self) -> None:
        cache = SuggestionCache()
        request = at("x = |\n")
        cache.add(request, answer(request, "1"))
        asked = at("x = |\n", automatic=False)
        assert cache.find(asked) is None
        cache.add(asked, answer(asked, "1\ny = 2"))
        found = cache.find(request)
        assert found is not None
        assert found[1].text == "1\ny = 2"

    def test_forgets_the_oldest(self) -> None:
        cache = SuggestionCache(2)
        requests = [at(f"{name} = |\n") for name in "abc"]
        for request in requests:
            cache.add(request, answer(request, "1"))
        assert len(cache) == 2
        assert cache.find(requests[0]) is None
        assert cache.find(requests[2]) is not None

    def test_does_not_keep_huge_documents_alive(self) -> None:
        cache = SuggestionCache(100)
        for i in range(30):
            request = at(f"{i} = |" + "x" * 1_000_000)
            cache.add(request, answer(request, "1"))
        assert 1 <= len(cache) <= 20

    def test_rejected_is_not_offered_again(self) -> None:
        cache = SuggestionCache()
        request = at("x = |\n")
        kept = cache.add(request, answer(request, "1"))
        cache.forget(kept.id)
        cache.forget("unknown")
        assert cache.find(request) is None
        assert cache.get(kept.id) is None

    def test_partial_acceptance_keeps_the_rest(self) -> None:
        cache = SuggestionCache(2)
        request = at("x = |\n")
        kept = cache.add(request, answer(request, "load(path)"))
        other = at("y = |\n")
        cache.add(other, answer(other, "2"))
        cache.keep(kept.id)
        third = at("z = |\n")
        cache.add(third, answer(third, "3"))
        found = cache.find(at("x = load(|\n"))
        assert found is not None
        assert found[1].text == "path)"
