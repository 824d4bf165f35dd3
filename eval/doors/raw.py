"""The plain template: what the model says by itself.

Prefix-suffix-middle as the model was trained, no repository context but what the task
supplies, no healing, no post-processing; only the model's own special tokens end an answer.
This is what published figures measure.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.engines.client import EngineClient
from assistant.engines.protocol import ChatRequest, Chunk, GenerateRequest
from assistant.errors import UsageError
from assistant.prompts.layout import Prompt, plain, room_for
from assistant.prompts.template import FimTemplate, find
from assistant.prompts.tokenizer import Tokenizer, tokenizer_of
from assistant.types import Snippet
from eval.door import PATIENCE, Door, Setting
from eval.types import Answer, ChatAsk, CommandAsk, CompletionAsk

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


@dataclass(frozen=True, slots=True)
class RawDoor:
    """Speaks to the engine without anything of the product in between."""

    setting: Setting
    client: EngineClient
    tokenizer: Tokenizer
    number: int = 0

    async def complete(self, ask: CompletionAsk) -> Answer:
        prompt = self._left_only(ask) if ask.left_only else self._infilling(ask)
        return await self._collect(
            self.client.generate(
                GenerateRequest(
                    prompt=prompt.content,
                    max_tokens=ask.max_tokens,
                    temperature=self.setting.temperature,
                    stop_token_ids=prompt.stop_token_ids,
                    stop=() if prompt.stop_token_ids else prompt.stop,
                    extra=self._drawn(),
                )
            ),
            snippets=len(ask.snippets),
        )

    async def chat(self, ask: ChatAsk) -> Answer:
        request = ChatRequest(
            ask.messages,
            ask.max_tokens,
            self.setting.temperature,
            stop=ask.stop,
            extra=self._drawn(),
        )
        return await self._collect(self.client.chat(request))

    async def command(self, ask: CommandAsk) -> Answer:
        raise UsageError("this asks for a command of the product: use --through command")

    def attempt(self, number: int) -> Door:
        return replace(self, number=number)

    def _drawn(self) -> dict[str, int]:
        if not self.setting.temperature:
            return {}
        return {"seed": self.setting.seed * 1000 + self.number}

    def _infilling(self, ask: CompletionAsk) -> Prompt:
        prefix, suffix = ask.published or (ask.prefix, ask.suffix)
        left = self._room(ask, ask.snippets)
        return plain(prefix, suffix, ask.path, ask.snippets, self._template(), self.tokenizer, left)

    def _left_only(self, ask: CompletionAsk) -> Prompt:
        """The prefix alone, as far as it fits, to be continued."""
        stop = self._template().stop
        if not self.tokenizer.exact:
            return Prompt(ask.prefix, self.tokenizer.count(ask.prefix), stop=stop)
        ids = list(self.tokenizer.encode(ask.prefix))[-self._room(ask) :]
        ends = tuple(i for token in stop if (i := self.tokenizer.special(token)) is not None)
        return Prompt(ids, len(ids), stop_token_ids=ends, stop=stop)

    def _room(self, ask: CompletionAsk, snippets: Sequence[Snippet] = ()) -> int:
        window = self.setting.settings.engine.max_model_len
        return room_for(window, ask.max_tokens, snippets, self.tokenizer)

    def _template(self) -> FimTemplate:
        endpoint = self.setting.endpoint
        return find(self.setting.settings.engine.fim or endpoint.fim, endpoint.model)

    async def _collect(self, stream: AsyncGenerator[Chunk, None], snippets: int = 0) -> Answer:
        began = time.perf_counter()
        parts: list[str] = []
        reason, prompt_tokens, generated = "", 0, 0
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                parts.append(chunk.text)
                reason = chunk.finish_reason or reason
                prompt_tokens = chunk.prompt_tokens or prompt_tokens
                generated = chunk.generated_tokens or generated
        return Answer(
            text="".join(parts),
            finish_reason=reason,
            prompt_tokens=prompt_tokens,
            generated_tokens=generated,
            snippets=snippets,
            seconds=time.perf_counter() - began,
        )


@dataclass(frozen=True, slots=True)
class Raw:
    name: str = "raw"
    summary: str = "the model's plain template or chat, no context, no post-processing"
    chats: bool = True
    samples: bool = True

    @asynccontextmanager
    async def open(self, setting: Setting) -> AsyncIterator[Door]:
        tokenizer = await asyncio.to_thread(tokenizer_of, setting.endpoint.tokenizer)
        client = EngineClient(setting.endpoint, timeout=PATIENCE)
        try:
            yield RawDoor(setting, client, tokenizer)
        finally:
            await client.close()


DOOR = Raw()
