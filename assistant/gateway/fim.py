"""Fill-in-the-middle prompts for clients that send a prefix and a suffix."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from assistant.engines.protocol import Endpoint
from assistant.gateway.pool import Engine
from assistant.prompts.layout import Prompt, plain, room_for
from assistant.prompts.template import find
from assistant.prompts.tokenizer import tokenizer_of
from assistant.types import Snippet


async def infilling(
    engine: Engine,
    endpoint: Endpoint,
    prefix: str,
    suffix: str,
    answer_tokens: int,
    path: str = "",
    snippets: Sequence[Snippet] = (),
) -> Prompt:
    """The plain template of the engine's model, cut so that ``answer_tokens`` still fit.

    Raises UsageError for a model whose template is not known.
    """
    tokenizer = await asyncio.to_thread(tokenizer_of, endpoint.tokenizer)
    template = find(engine.settings.engine.fim or endpoint.fim, endpoint.model)
    left = room_for(engine.settings.engine.max_model_len, answer_tokens, snippets, tokenizer)
    return plain(prefix, suffix, path, snippets, template, tokenizer, left)
