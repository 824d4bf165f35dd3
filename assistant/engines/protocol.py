"""What passes between this project and a model server.

One protocol for every engine: OpenAI's HTTP API with vLLM's extensions. A backend only says
how its server process is started; :mod:`assistant.engines.client` speaks to all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from assistant.settings import EngineSettings


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that answers now, or will once it is healthy.

    ``url`` ends in ``/v1``. ``tokenizer`` is a local ``tokenizer.json``; without one, token
    counts are estimates and healing is off. ``fim`` names a template in
    :mod:`assistant.prompts`. ``constraints`` says whether the server knows vLLM's
    ``structured_outputs``, ``inline_first`` whether it lets nothing else get in the way of
    requests of priority 0. ``engine`` is for people, for example ``vllm-cpu``.
    """

    url: str
    model: str
    engine: str
    api_key: str = ""
    tokenizer: Path | None = None
    fim: str = ""
    constraints: bool = False
    inline_first: bool = False


@dataclass(frozen=True, slots=True)
class LocalModel:
    """Weights that an engine can load: a folder with safetensors, config and tokenizer."""

    name: str
    path: Path
    fim: str
    precision: Literal["int4", "bf16"]


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a server process. ``env`` is added to the environment."""

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


class Backend(Protocol):
    """A kind of model server that this project can start itself.

    A plug-in: one module in :mod:`assistant.engines.backends` (or named in ``plugins``) that
    defines ``BACKEND``.
    """

    @property
    def name(self) -> str: ...

    @property
    def device(self) -> Literal["cpu", "cuda"]: ...

    @property
    def rank(self) -> int:
        """``auto`` takes the available backend of the lowest rank; negative: never by auto."""
        ...

    @property
    def needs_model(self) -> bool:
        """Whether weights are fetched before the start."""
        ...

    @property
    def constraints(self) -> bool:
        """Whether its server knows vLLM's ``structured_outputs``."""
        ...

    @property
    def inline_first(self) -> bool:
        """Whether its server holds all other requests while one of priority 0 runs or waits."""
        ...

    def unavailable(self) -> str:
        """Why this machine cannot run it, and what to install; empty when it can."""
        ...

    def launch(self, model: LocalModel, port: int, settings: EngineSettings) -> Launch:
        """The server's command line: bound to 127.0.0.1:``port``, OpenAI API under ``/v1``,
        200 on ``/health`` when ready, serving ``model.name``."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of getting an engine ready. ``fraction`` is 0..1, None when unknown."""

    stage: Literal["download", "convert", "start", "load", "ready", "restart", "failed"]
    detail: str
    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """One call of ``/v1/completions``.

    ``prompt`` is token ids where the tokenizer is known (so that source text which looks
    like a special token stays text), else a string. ``regex`` holds the answer to a pattern.
    ``extra`` goes into the request's body as it is, ``headers`` along with it. ``since`` is when
    somebody asked for it, on :func:`time.perf_counter`; 0 for not known.
    """

    prompt: str | Sequence[int]
    max_tokens: int
    temperature: float = 0.0
    stop_token_ids: Sequence[int] = ()
    stop: Sequence[str] = ()
    regex: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation; ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One call of ``/v1/chat/completions``.

    Where the last message is the assistant's, the answer goes on with it (an extension of
    vLLM). ``extra`` goes into the request's body as it is.
    """

    messages: Sequence[Message]
    max_tokens: int
    temperature: float = 0.0
    stop: Sequence[str] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the answer. The last one carries ``finish_reason`` or ``usage``. ``thought`` is
    reasoning that the server itself tells from the answer."""

    text: str
    finish_reason: str = ""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    thought: str = ""
