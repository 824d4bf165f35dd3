"""Counting and cutting text in the model's own tokens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from assistant.errors import ModelError

if TYPE_CHECKING:
    import tokenizers


class Tokenizer(Protocol):
    """What the layout needs of a tokenizer."""

    exact: bool
    """Whether counts are the model's own, and prompts can be sent as ids."""

    def count(self, text: str) -> int:
        """How many tokens ``text`` takes; text that spells a special token is text."""
        ...

    def encode(self, text: str) -> Sequence[int]:
        """The ids of ``text``; text that spells a special token is text."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ``ids``, special tokens as they are spelt."""
        ...

    def special(self, token: str) -> int | None:
        """The id of a special token, None when the vocabulary lacks it."""
        ...

    def last_token(self, text: str) -> int:
        """Offset in ``text`` where its last token starts (0 for empty text)."""
        ...


class ModelTokenizer:
    """A ``tokenizer.json``, read with the tokenizers library. Safe to share among threads."""

    exact = True

    def __init__(self, file: Path) -> None:
        import tokenizers

        try:
            description = json.loads(file.read_text(encoding="utf-8"))
            # A repository may hold the text "<|fim_middle|>" (this one does), which must stay
            # text. The library can do that for tokens marked as special only, and Qwen's
            # fill-in-the-middle tokens are not.
            for token in description.get("added_tokens", []):
                token["special"] = True
            read: tokenizers.Tokenizer = tokenizers.Tokenizer.from_str(json.dumps(description))
        except Exception as error:  # the library raises bare Exception
            raise ModelError(f"{file} is no tokenizer.json that can be read: {error}") from error
        self._tokenizer = read
        self._tokenizer.encode_special_tokens = True
        self._encode = lru_cache(maxsize=4096)(self._encode_now)

    def count(self, text: str) -> int:
        return len(self.encode(text))

    def encode(self, text: str) -> Sequence[int]:
        return self._encode(text) if text else ()

    def _encode_now(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=False))

    def special(self, token: str) -> int | None:
        found: int | None = self._tokenizer.token_to_id(token)
        return found

    def last_token(self, text: str) -> int:
        if not text:
            return 0
        offsets = self._tokenizer.encode(text, add_special_tokens=False).offsets
        # A character of several bytes may be several tokens, which share its offsets: go
        # back to where one character starts.
        start: int = offsets[-1][0]
        for begin, end in reversed(offsets[:-1]):
            if end <= start:
                break
            start = begin
        return start


class EstimatingTokenizer:
    """For a server whose tokenizer is not at hand: about 3.2 bytes of source code a token.

    The ratio is what Qwen2.5-Coder's tokenizer gives on Python code, rounded down, so that
    budgets are kept rather than overrun.
    """

    exact = False

    def count(self, text: str) -> int:
        return -(-len(text.encode("utf-8", "replace")) * 10 // 32)

    def encode(self, text: str) -> Sequence[int]:
        raise AssertionError("prompts for an estimating tokenizer are strings")

    def decode(self, ids: Sequence[int]) -> str:
        raise AssertionError("an estimating tokenizer gives no ids")

    def special(self, token: str) -> int | None:
        return None

    def last_token(self, text: str) -> int:
        return len(text)


def tokenizer_of(file: Path | None) -> Tokenizer:
    """The one in ``file``, kept as long as that stays as it is; an estimate for None. Reading one
    takes a moment: call it in a thread. Raises ModelError."""
    if file is None:
        return EstimatingTokenizer()
    try:
        changed = file.stat().st_mtime_ns
    except OSError:
        changed = 0  # reading it says what is wrong
    return _kept(file, changed)


@lru_cache(maxsize=8)
def _kept(file: Path, changed: int) -> ModelTokenizer:
    return ModelTokenizer(file)
