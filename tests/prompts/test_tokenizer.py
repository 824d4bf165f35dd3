from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import ModelError
from assistant.prompts.tokenizer import EstimatingTokenizer, ModelTokenizer


def test_text_that_spells_a_special_token_stays_text(tokenizer: ModelTokenizer) -> None:
    middle = tokenizer.special("<|fim_middle|>")
    assert middle is not None
    assert middle not in tokenizer.encode("a <|fim_middle|> b")


def test_an_unknown_special_token_is_none(tokenizer: ModelTokenizer) -> None:
    assert tokenizer.special("<|nowhere|>") is None


def test_ids_are_read_back_with_their_special_tokens(tokenizer: ModelTokenizer) -> None:
    middle = tokenizer.special("<|fim_middle|>")
    assert middle is not None
    ids = [*tokenizer.encode("def decode(self):"), middle, *tokenizer.encode(" ids")]
    assert tokenizer.decode(ids) == "def decode(self):<|fim_middle|> ids"


def test_the_last_token_starts_where_it_starts(tokenizer: ModelTokenizer) -> None:
    text = "self.tokenizer.enc"
    start = tokenizer.last_token(text)
    assert 0 < start < len(text)
    assert (*tokenizer.encode(text[:start]),) == (*tokenizer.encode(text)[:-1],)


@given(st.text(min_size=1, max_size=40))
def test_the_last_token_never_splits_a_character(tokenizer: ModelTokenizer, text: str) -> None:
    start = tokenizer.last_token(text)
    assert 0 <= start < len(text)


def test_empty_text(tokenizer: ModelTokenizer) -> None:
    assert tokenizer.count("") == 0
    assert tokenizer.last_token("") == 0


def test_a_file_that_is_no_tokenizer_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "tokenizer.json"
    file.write_text("{")
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        ModelTokenizer(file)


def test_the_estimate_is_of_the_right_order() -> None:
    source = Path(__file__).read_text()
    estimate = EstimatingTokenizer().count(source)
    assert len(source) / 5 < estimate < len(source) / 2
