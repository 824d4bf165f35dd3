"""The model as commands ask it: a conversation in, text out as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from assistant.commands.masking import Masking, Unmasked
from assistant.engines.client import EngineClient
from assistant.engines.protocol import ChatRequest, Endpoint, Message
from assistant.prompts.tokenizer import EstimatingTokenizer, Tokenizer, tokenizer_of

__all__ = ["Message", "Model", "Reply"]

PRIORITY = 1
"""vLLM's, of a chat: behind inline completion."""
DRAWN = {"top_p": 0.95}
"""How answers beside the greedy one are drawn."""


@dataclass(frozen=True, slots=True)
class Reply:
    """``finished``: the model ended it by itself, within ``max_tokens``."""

    text: str
    finished: bool = True
    prompt_tokens: int = 0
    generated_tokens: int = 0


class Model:
    """One engine. ``window`` is the tokens of prompt and answer together."""

    def __init__(
        self, client: EngineClient, window: int = 8192, tokenizer: Tokenizer | None = None
    ) -> None:
        self._client = client
        self.window = window
        self.tokenizer = tokenizer or EstimatingTokenizer()

    @classmethod
    @asynccontextmanager
    async def open(cls, endpoint: Endpoint, window: int, patience: float) -> AsyncIterator[Model]:
        """The one that ``endpoint`` serves; ``patience`` is the most seconds between two pieces of
        an answer."""
        tokenizer = await asyncio.to_thread(tokenizer_of, endpoint.tokenizer)
        client = EngineClient(endpoint, patience)
        try:
            yield cls(client, window, tokenizer)
        finally:
            await client.close()

    @property
    def name(self) -> str:
        return self._client.endpoint.model

    def count(self, text: str) -> int:
        """Tokens of ``text``; an estimate where the tokenizer is not known."""
        return self.tokenizer.count(text)

    async def ask(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        *,
        temperature: float = 0.0,
        seed: int | None = None,
        stop: Sequence[str] = (),
        on_text: Callable[[str], None] = lambda text: None,
        on_thought: Callable[[str], None] = lambda text: None,
        extra: dict[str, Any] | None = None,
    ) -> Reply:
        """The next message, or the rest of it where the last one is the assistant's. What looks
        like a secret does not reach the model, and is back in the text as it comes and in the
        reply. Thoughts that the server tells from the answer go to ``on_thought`` and are no part
        of the reply. Raises EngineError."""
        masking = Masking(m.content for m in messages)
        asked = [Message(m.role, masking.mask(m.content)) for m in messages]
        fields: dict[str, Any] = dict(extra or {})
        if temperature:
            fields |= DRAWN
            if seed is not None:
                fields["seed"] = seed
        if self._client.endpoint.inline_first:
            fields["priority"] = PRIORITY
        request = ChatRequest(asked, max_tokens, temperature, stop=stop, extra=fields)
        parts: list[str] = []
        reason, prompt, generated = "", 0, 0
        unmasked, thoughts = Unmasked(masking, on_text), Unmasked(masking, on_thought)
        try:
            async with aclosing(self._client.chat(request)) as chunks:
                async for chunk in chunks:
                    if chunk.thought:
                        thoughts.feed(chunk.thought)
                    if chunk.text:
                        thoughts.finish()
                        parts.append(chunk.text)
                        unmasked.feed(chunk.text)
                    reason = chunk.finish_reason or reason
                    prompt = chunk.prompt_tokens or prompt
                    generated = chunk.generated_tokens or generated
        finally:
            # One that is stopped has said what had come.
            thoughts.finish()
            unmasked.finish()
        return Reply(masking.unmask("".join(parts)), reason != "length", prompt, generated)
