from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.context.terms import identifiers, terms


def test_identifiers_are_split() -> None:
    assert terms("parseHTTPRequest(user_name)") == [
        "parsehttprequest",
        "parse",
        "http",
        "request",
        "user_name",
        "user",
        "name",
    ]


def test_keywords_and_short_names_say_nothing() -> None:
    assert terms("for x in self: return if_ok") == ["if_ok"]
    assert identifiers("def f(some, Some): return some") == ["some", "Some"]


@given(st.text())
def test_any_text_gives_words_that_can_be_searched(text: str) -> None:
    found = terms(text)
    assert len(set(found)) == len(found)
    assert all(word and '"' not in word and " " not in word for word in found)
