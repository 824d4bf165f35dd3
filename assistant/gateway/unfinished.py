"""An answer of which a part is here: what it says so far, and the question for the rest."""

from __future__ import annotations

import json
from typing import Any

from assistant.engines.protocol import Endpoint

COMPLETION_TOKENS = 16
"""What vLLM gives a completion that names no ``max_tokens``. A chat gets what is left of the
window, which is less by itself once the answer's beginning is part of the prompt."""
_CONTINUES = {
    *("model", "prompt", "messages", "max_tokens", "max_completion_tokens", "temperature"),
    *("top_p", "top_k", "min_p", "stream", "stream_options", "user", "stop_token_ids"),
    "priority",
}
"""Fields with which an answer can be continued: the rest of it does not depend on where it was
cut."""


def resumable(body: dict[str, Any], endpoint: Endpoint) -> bool:
    """Whether an engine can go on with an answer to ``body`` that was cut off."""
    prompt = body.get("prompt", "")
    return endpoint.constraints and set(body) <= _CONTINUES and isinstance(prompt, str)


class Unfinished:
    """The answer to ``body``, by the events of one stream or several. ``tokens`` and
    ``prompt_tokens`` are counted as if it had come at once."""

    def __init__(self, body: dict[str, Any]) -> None:
        self._body = body
        self._chat = "messages" in body
        self._head: dict[str, Any] = {}
        self._before = 0
        self.text = ""
        self.tokens = 0
        self.prompt_tokens = 0
        self.cached_tokens = 0
        self.finish = ""
        """Why it ended, in OpenAI's words; empty until then."""
        self.odd = False
        """Whether it says more than its text (reasoning, tool calls): no prompt carries that
        back into the engine, so it cannot be continued."""

    @property
    def over(self) -> bool:
        """Whether there is nothing left to ask for."""
        _, limit = self._limit()
        return bool(self.finish) or bool(limit and self.tokens >= limit)

    def rest(self, body: dict[str, Any]) -> dict[str, Any]:
        """``body`` as the question for what is left of it. Where there is no text yet the answer
        begins anew, and so does its count."""
        self._before = self.tokens = self.tokens if self.text else 0
        asked = {
            **body,
            "stream": True,
            "stream_options": {"include_usage": True, "continuous_usage_stats": True},
        }
        if not self.text:
            return asked
        name, limit = self._limit()
        if limit:
            asked[name] = limit - self.tokens
        if self._chat:
            begun = {"role": "assistant", "content": self.text}
            asked["messages"] = [*asked["messages"], begun]
            return {**asked, "continue_final_message": True, "add_generation_prompt": False}
        return {**asked, "prompt": asked["prompt"] + self.text}

    def take(self, event: dict[str, Any]) -> None:
        """Add what one event says."""
        if not self._head:
            self._head = {k: v for k, v in event.items() if k not in ("choices", "usage")}
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or {}
            self.text += choice.get("text") or delta.get("content") or ""
            self.finish = choice.get("finish_reason") or self.finish
            self.odd = self.odd or any(delta[k] for k in delta if k not in ("role", "content"))
        if usage := event.get("usage"):
            self.tokens = self._before + (usage.get("completion_tokens") or 0)
            if not self.prompt_tokens:
                self.prompt_tokens = usage.get("prompt_tokens") or 0
                details = usage.get("prompt_tokens_details") or {}
                self.cached_tokens = details.get("cached_tokens") or 0

    def whole(self) -> bytes:
        """As the body of an answer that is no stream."""
        said = {"message": {"role": "assistant", "content": self.text}}
        choice = {
            "index": 0,
            **(said if self._chat else {"text": self.text}),
            "finish_reason": self.finish or "length",
            "logprobs": None,
        }
        kind = "chat.completion" if self._chat else "text_completion"
        head = {**self._head, "object": kind}
        return json.dumps({**head, "choices": [choice], "usage": self._usage()}).encode()

    def last(self) -> list[dict[str, Any]]:
        """The events that a stream still lacks before its ``[DONE]``."""
        events: list[dict[str, Any]] = []
        if not self.finish:
            nothing: dict[str, Any] = {"delta": {}} if self._chat else {"text": ""}
            choice = {"index": 0, **nothing, "finish_reason": "length"}
            events.append({**self._head, "choices": [choice]})
        if (self._body.get("stream_options") or {}).get("include_usage"):
            events.append({**self._head, "choices": [], "usage": self._usage()})
        return events

    def _limit(self) -> tuple[str, int]:
        """The field that bounds the answer, and most tokens of it; 0 for none."""
        if self._chat and self._body.get("max_completion_tokens"):
            return "max_completion_tokens", int(self._body["max_completion_tokens"])
        given = self._body.get("max_tokens") or (0 if self._chat else COMPLETION_TOKENS)
        return "max_tokens", int(given)

    def _usage(self) -> dict[str, int]:
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.tokens,
            "total_tokens": self.prompt_tokens + self.tokens,
        }
