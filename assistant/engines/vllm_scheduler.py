"""vLLM's scheduler, with everything else held while somebody waits for inline completion.

    … --scheduler-cls assistant.engines.vllm_scheduler.inline_first

vLLM's priority orders the requests that wait; one that runs is computed in every step until
it ends, and its prefill fills a step up. So a keystroke would pay for the chat beside it: measured
on two cores, its completion took five times as long. Here, as long as a request of priority 0
(inline completion) waits or runs,

* requests of lower priority stay where they are, with their keys and values, and get no tokens
  of the step: the next step after the last inline token goes on with them;
* after :data:`HELD_SECONDS` they get one step, so that they move on beside ever so many typists;
* they are not held while the cache for keys and values is full: they must end to make room.

In the same way the prompts of batch work wait for those of chats.

A step that has begun is not stopped, so while somebody types (an inline request came within
:data:`TYPING_SECONDS`) the steps of all others are small: at most as many tokens as the
environment's ``ASSISTANT_TYPING_TOKENS``, where it is set.

Only vLLM's own process imports this module. Written against vLLM 0.32 (``Scheduler.schedule``
and the attributes that it reads); vLLM calls the interface internal, so ``requirements.lock``
pins the version and ``tests/engines/test_vllm_scheduler.py`` holds it to this.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from itertools import chain
from typing import Any

from vllm.config import VllmConfig
from vllm.v1.core.sched.async_scheduler import AsyncScheduler
from vllm.v1.core.sched.output import SchedulerOutput
from vllm.v1.core.sched.scheduler import Scheduler
from vllm.v1.request import Request

INLINE = 0
"""vLLM's priority of inline completion, and of requests that say none."""
HELD_SECONDS = 1.0
TYPING_SECONDS = 5.0
TYPING_TOKENS = "ASSISTANT_TYPING_TOKENS"


class InlineFirst(Scheduler):
    """For engines that compute one step at a time, as the CPU's do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._most_tokens = self.max_num_scheduled_tokens
        small = int(os.environ.get(TYPING_TOKENS, self._most_tokens))
        self._few_tokens = min(small, self._most_tokens)
        self._most_active = self.max_num_active_reqs
        self._inline_seen = -math.inf
        self._others_moved = self._prompts_moved = time.monotonic()

    def schedule(self, throttle_prefills: bool = False) -> SchedulerOutput:
        now = time.monotonic()
        inline = [r for r in chain(self.running, self._queued()) if r.priority <= INLINE]
        if inline:
            self._inline_seen = now
        if inline and now - self._others_moved < HELD_SECONDS and self._fit(inline):
            self.max_num_scheduled_tokens = self._most_tokens
            others = [request for request in self.running if request.priority > INLINE]
            # No other is admitted after them, and the held ones keep their slots.
            self.max_num_active_reqs = min(len(inline), self._most_active - len(others))
            return self._without(others, throttle_prefills)
        self._others_moved = now
        typing = now - self._inline_seen < TYPING_SECONDS
        self.max_num_scheduled_tokens = self._few_tokens if typing else self._most_tokens
        self.max_num_active_reqs = self._most_active
        behind = self._prompts_behind()
        if not behind or now - self._prompts_moved >= HELD_SECONDS:
            behind, self._prompts_moved = [], now
        return self._without(behind, throttle_prefills)

    def _without(self, held: list[Request], throttle_prefills: bool) -> SchedulerOutput:
        """A step that leaves some of the running requests where they are."""
        if held:
            self.running = [request for request in self.running if request not in held]
        try:
            return super().schedule(throttle_prefills)
        finally:
            self.running += held

    def _queued(self) -> Iterator[Request]:
        return chain(self.waiting, self.kv_holding_waiting)

    def _prompts_behind(self) -> list[Request]:
        """Running requests of which the prompt is still read, though one of higher priority has
        its own to be read."""
        reading = [r for r in self.running if r.num_computed_tokens < r.num_prompt_tokens]
        first = min((r.priority for r in chain(reading, self._queued())), default=INLINE)
        return [request for request in reading if request.priority > first]

    def _fit(self, inline: list[Request]) -> bool:
        """Whether there is room for what the inline requests still need."""
        tokens = sum(request.num_tokens - request.num_computed_tokens for request in inline)
        needed = tokens // self.block_size + 2 * len(inline)
        return needed <= self.kv_cache_manager.block_pool.get_num_free_blocks()


class InlineFirstAsync(InlineFirst, AsyncScheduler):
    """For engines that schedule a step while the one before is computed."""


def inline_first(vllm_config: VllmConfig, **given: Any) -> InlineFirst:
    """The one of both that fits the engine's other settings."""
    ahead = vllm_config.scheduler_config.async_scheduling
    made = InlineFirstAsync if ahead else InlineFirst
    return made(vllm_config=vllm_config, **given)
