"""vLLM's scheduler, with everything else held while somebody waits for inline completion.

    … --scheduler-cls assistant.engines.vllm_scheduler.inline_first

vLLM's priority orders the requests that wait; one that runs is computed in every step until
it ends, and its prefill fills a step up. So a keystroke would pay for the chat beside it: measured
on two cores, its completion took five times as long. Here, as long as a request of priority 0
(inline completion) waits or runs,

* requests of lower priority are left out of the step: those that run stay where they are, with
  their keys and values, and go on in the first step without inline completion;
* after :data:`HELD_SECONDS` they get one step, so that they move on beside ever so many typists;
* they are not held where they must end to make room, in the cache for keys and values or among
  the engine's slots.

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
from typing import Any

from vllm.config import VllmConfig
from vllm.v1.core.sched.async_scheduler import AsyncScheduler
from vllm.v1.core.sched.interface import PauseState
from vllm.v1.core.sched.output import SchedulerOutput
from vllm.v1.core.sched.scheduler import Scheduler
from vllm.v1.request import Request, RequestStatus

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
        present = [*self.running, *self.waiting]
        inline = [request for request in present if request.priority <= INLINE]
        if inline:
            self._inline_seen = now
        # A paused engine drains what runs in it.
        free = self._pause_state == PauseState.UNPAUSED
        if inline and free and now - self._others_moved < HELD_SECONDS and self._fit(inline):
            held = [request for request in present if request.priority > INLINE]
            return self._without(held, self._most_tokens, throttle_prefills)
        self._others_moved = now
        typing = now - self._inline_seen < TYPING_SECONDS
        tokens = self._few_tokens if typing else self._most_tokens
        held = self._prompts_behind() if free else []
        if not held or now - self._prompts_moved >= HELD_SECONDS:
            held, self._prompts_moved = [], now
        return self._without(held, tokens, throttle_prefills)

    def _without(
        self, held: list[Request], tokens: int, throttle_prefills: bool
    ) -> SchedulerOutput:
        """A step of at most ``tokens`` that leaves ``held`` where they are."""
        out = set(held)
        out |= self._adapters_too_many([r for r in self.running if r not in out])
        hidden = [request for request in self.running if request in out]
        queued = [request for request in self.waiting if request in out]
        self.running = [request for request in self.running if request not in out]
        if queued:
            self.waiting.remove_requests(queued)
        self.max_num_scheduled_tokens = tokens
        self.max_num_active_reqs = self._most_active - len(hidden)
        try:
            return super().schedule(throttle_prefills)
        finally:
            self.running += hidden
            for request in queued:
                self.waiting.add_request(request)

    def _adapters_too_many(self, running: list[Request]) -> set[Request]:
        """Of requests that would share a step, those for whose adapter it has no place. vLLM sees
        to that when it admits one, by the requests that it sees then."""
        if self.lora_config is None:
            return set()
        kept: set[int] = set()
        out: set[Request] = set()
        for request in sorted(running, key=lambda each: each.priority):
            adapter = request.lora_request.lora_int_id if request.lora_request else 0
            if adapter and adapter not in kept and len(kept) >= self.lora_config.max_loras:
                out.add(request)
            elif adapter:
                kept.add(adapter)
        return out

    def _prompts_behind(self) -> list[Request]:
        """Running requests of which the prompt is still read, though one of higher priority has
        its own to be read, and room for it."""
        reading = [r for r in self.running if r.num_computed_tokens < r.num_prompt_tokens]
        before = [*reading, *self.waiting]
        first = min((request.priority for request in before), default=INLINE)
        if not self._fit([request for request in before if request.priority == first]):
            return []
        return [request for request in reading if request.priority > first]

    def _fit(self, requests: list[Request]) -> bool:
        """Whether there are slots and keys and values for what these still need."""
        entering = sum(request.status != RequestStatus.RUNNING for request in requests)
        if len(self.running) + entering > self._most_active:
            return False
        tokens = sum(request.num_tokens - request.num_computed_tokens for request in requests)
        needed = tokens // self.block_size + 2 * len(requests)
        return needed <= self.kv_cache_manager.block_pool.get_num_free_blocks()


class InlineFirstAsync(InlineFirst, AsyncScheduler):
    """For engines that schedule a step while the one before is computed."""


def inline_first(vllm_config: VllmConfig, **given: Any) -> InlineFirst:
    """The one of both that fits the engine's other settings."""
    ahead = vllm_config.scheduler_config.async_scheduling
    made = InlineFirstAsync if ahead else InlineFirst
    return made(vllm_config=vllm_config, **given)
