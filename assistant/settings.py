"""Every setting, with its type, its default and what it means.

:mod:`assistant.config` reads them from files, the environment and the command line.
"""

from __future__ import annotations

import os
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator


class _Section(BaseModel):
    # No clock and no socket waits for an infinite time, or for none that is a number.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EngineSettings(_Section):
    """What serves the model."""

    url: str = Field("", pattern=r"^(https?://\S+)?$")
    """An OpenAI-compatible server that runs already, up to and with ``/v1``: then nothing is
    started."""
    api_key: str = ""
    """Bearer key for ``url``."""
    backend: str = "auto"
    """A name from the backend registry; ``auto`` takes the first that this machine can run."""
    model: str = "qwen2.5-coder-0.5b-instruct"
    """A name from the catalogue, a folder of safetensors, a hub id, or with ``url`` the name
    that the server gives its model."""
    serves: Literal["text", "image", "speech"] = "text"
    precision: Literal["auto", "int4", "bf16"] = "auto"
    """Of a catalogue model's weights; ``auto`` is int4 on a CPU and bf16 on a GPU."""
    fim: str = ""
    """FIM template by name, for models that the catalogue does not know."""
    tokenizer: str = ""
    """Path of a ``tokenizer.json``, for ``url``; without one, tokens are estimated. ``~`` is
    the user's folder."""
    port: int = Field(0, ge=0, le=65535)
    """0 takes a free one."""
    start_timeout: float = Field(600.0, gt=0)
    """Seconds from the engine's start to its first healthy answer."""
    linger: float = Field(60.0, ge=0)
    """Seconds that a shared engine stays after its last client has gone."""
    max_model_len: int = Field(8192, ge=512)
    """Tokens of prompt and answer together."""
    block_size: int = Field(32, ge=1)
    """Tokens a prefix-cache block; a keystroke recomputes at most one block."""
    kv_cache_gib: float = Field(1.0, gt=0)
    """CPU memory for keys and values, GiB."""
    gpu_kv_cache_gib: float = Field(0.0, ge=0)
    """The same on a GPU; 0 takes what the weights leave of ``gpu_share``."""
    gpu_share: float = Field(0.0, ge=0, le=1)
    """Share of each GPU's memory that it may take; 0 leaves vLLM's own (0.9)."""
    gpus: list[int] = []
    """GPUs that it may use, by index; empty: the first, or all that its parallelism needs."""
    tensor_parallel: int = Field(1, ge=1)
    """GPUs that one copy of the model is spread over."""
    replicas: int = Field(1, ge=1, le=64)
    """Copies of the model behind ``vllm-router`` (``pip install 'repo-assistant[router]'``),
    each on GPUs of its own as far as ``gpus`` go."""
    python: str = ""
    """The interpreter of another virtual environment; vLLM-Omni lives in its own."""
    adapters: dict[str, str] = {}
    """LoRA adapters by name: folders that are loaded into the running engine. A new version
    needs a new folder and a new name."""
    lora: bool = False
    """Room for adapters even if none is listed: they can be added while it runs."""
    lora_rank: Literal[8, 16, 32, 64, 128, 256] = 32
    """The highest rank of an adapter."""
    sleep: bool = False
    """An idle engine sleeps instead of being unloaded: weights in main memory, back in a
    moment. Only on a GPU."""
    idle_seconds: float = Field(0.0, ge=0)
    """The gateway unloads it after that long without a request, or has it sleep; 0 keeps it."""
    memory_gib: float = Field(0.0, ge=0)
    """What one replica takes of each of its processors, GiB; 0 is estimated. Checked against
    ``gateway.device_gib`` before any engine starts."""
    max_batched_tokens: int = Field(512, ge=128)
    """Prefill tokens in one engine step. A request that nobody waits for any more ends only
    between steps."""
    typing_batched_tokens: int = Field(128, ge=32)
    """The same, of all but inline completion, while somebody types: a keystroke waits for the
    step that it comes in. Only on a CPU."""
    extra_args: list[str] = []
    """Further arguments for vLLM's server, as given."""

    @field_validator("tokenizer", "python")
    @classmethod
    def _expand(cls, path: str) -> str:
        return os.path.expanduser(path)  # noqa: PTH111 - Path turns "" into "."

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.gpus and len(set(self.gpus)) < len(self.gpus):
            raise ValueError(f"gpus names one GPU twice: {self.gpus}")
        if self.gpus and self.tensor_parallel > len(self.gpus):
            raise ValueError(
                f"tensor_parallel {self.tensor_parallel} needs as many gpus, not {len(self.gpus)}"
            )
        return self

    @property
    def takes_adapters(self) -> bool:
        return self.lora or bool(self.adapters)


class ServedSettings(EngineSettings):
    """One more engine behind the gateway: ``[engines.NAME]``. What ``[engine]`` says about the
    main one, and how this one shares the machine."""

    device: str = "main"
    """Engines that name the same device share a processor: inline completion goes before all
    other work on it, whichever engine does that."""


class LaneSettings(_Section):
    """One kind of work on one device."""

    slots: int = Field(ge=1)
    """Requests in the engine at a time."""
    queue: int = Field(ge=0)
    """Requests that may wait for a slot; one more is refused at once."""
    patience: float = Field(gt=0)
    """Seconds that a request may wait for its slot before it is refused."""


class GatewaySettings(_Section):
    """The HTTP door: ``assistant serve``."""

    host: str = "127.0.0.1"
    """Anything but a loopback address asks every client for a key (``assistant keys add``)."""
    port: int = Field(8484, ge=0, le=65535)
    """0 takes a free one."""
    workspaces: list[str] = []
    """Folders that a client may name for repository context; nothing else is read."""
    inline: LaneSettings = LaneSettings(slots=4, queue=32, patience=10)
    chat: LaneSettings = LaneSettings(slots=4, queue=32, patience=60)
    media: LaneSettings = LaneSettings(slots=1, queue=16, patience=120)
    batch: LaneSettings = LaneSettings(slots=8, queue=256, patience=3600)
    quiet_ms: int = Field(250, ge=0)
    """Media and batch work starts when no inline completion ran for that long."""
    chat_waits_ms: int = Field(2000, ge=0)
    """Chat waits at most that long for such a pause before it starts anyway."""
    silence_seconds: float = Field(120.0, gt=0)
    """An engine that says nothing for so long in the middle of a request is restarted."""
    slow_reader_seconds: float = Field(60.0, gt=0)
    """A client that takes nothing of its answer for so long is cut off."""
    drain_seconds: float = Field(30.0, ge=0)
    """Time for streams to end after SIGTERM."""
    max_body_bytes: int = Field(4 << 20, ge=1024)
    max_prompt_chars: int = Field(1 << 20, ge=1024)
    """Most characters of all texts of one request together; a token id counts as four."""
    max_choices: int = Field(128, ge=1)
    """Most answers that one request asks for: its prompts times ``n`` or ``best_of``."""
    max_connections: int = Field(1000, ge=1)
    """While there are more, only ``/health`` and ``/ready`` are answered."""
    request_seconds: float = Field(20.0, gt=0)
    """A request that is not here whole by then is cut off; 16 KiB of a body give a second more."""
    device_gib: dict[str, float] = {}
    """Memory of each processor of a device, by the device's name, GiB: what the engines on it
    need must fit. Where none is given, ``nvidia-smi`` is asked for engines on a GPU."""
    log_text: bool = False
    """Write prompts and answers to ``log/text.jsonl``. Off: no source text is logged anywhere."""
    audit: bool = True
    """One line a request, without its text, in ``log/audit.jsonl``; none for a successful look at
    the status page, metrics or health."""
    otlp_endpoint: str = Field("", pattern=r"^(https?://\S+)?$")
    """Where OpenTelemetry traces go (OTLP over HTTP), such as ``http://127.0.0.1:4318``; empty:
    nowhere."""

    @field_validator("inline", "chat", "media", "batch", mode="before")
    @classmethod
    def _whole(cls, given: Any, info: ValidationInfo) -> Any:
        """A lane of which only a part is named keeps the rest of its defaults."""
        if not isinstance(given, dict) or info.field_name is None:
            return given
        return {**cls.model_fields[info.field_name].default.model_dump(), **given}


class CompletionSettings(_Section):
    """How a suggestion is asked for and cut."""

    form: Literal["auto", "anchored", "psm"] = "auto"
    """Prompt form; ``auto`` takes what the model's template names as best."""
    healing: bool = True
    """Give the last typed token back to the model and hold its text by a constraint."""
    multiline: Literal["auto", "never", "always"] = "auto"
    line_tokens: int = Field(48, ge=1)
    block_tokens: int = Field(160, ge=1)
    definition_tokens: int = Field(320, ge=1)
    """Most tokens generated for a line, the rest of a block, a whole function or class."""
    prefix_tokens: int = Field(1000, ge=16)
    suffix_tokens: int = Field(256, ge=0)
    """Most tokens of the current file before and after the cursor."""
    temperature: float = Field(0.0, ge=0, le=2)
    timeout: float = Field(20.0, gt=0)
    """Seconds after which a completion gives what it has."""


class ContextSettings(_Section):
    """What of the repository the model is shown."""

    enabled: bool = True
    budget_tokens: int = Field(800, ge=0)
    """Tokens for all snippets together."""
    retrievers: list[str] = []
    """Names from the retriever registry; empty means all."""
    similarity_threshold: float = Field(0.0, ge=0)
    """Snippets of similar code that score lower are left out."""
    max_file_bytes: int = Field(1_000_000, ge=1)
    """Larger files are not indexed."""
    max_files: int = Field(200_000, ge=1)
    watch: bool = True


class LspSettings(_Section):
    """The language server."""

    debounce_min_ms: int = Field(0, ge=0)
    debounce_max_ms: int = Field(400, ge=0)
    """The pause before an automatic request adapts between these two."""
    cache_size: int = Field(200, ge=0)
    """Suggestions kept for type-through and for going back."""
    start_engine: bool = True
    """Start an engine when none runs."""
    commands: bool = True
    """Offer what a user can ask for beside completion, such as a function's body, as code
    actions."""


class SandboxSettings(_Section):
    """Running code that nobody has read."""

    python: str = ""
    """What a project's Python code runs with: the folder of a virtual environment, of conda's or of
    an installation, or an interpreter's path; relative to the workspace folder. Empty looks for an
    active environment (command line), then for ``.venv``, ``venv`` and ``env`` there."""


class Settings(_Section):
    """All of them."""

    engine: EngineSettings = EngineSettings()
    engines: dict[str, ServedSettings] = {}
    """Further engines for the gateway, by name."""
    gateway: GatewaySettings = GatewaySettings()
    completion: CompletionSettings = CompletionSettings()
    context: ContextSettings = ContextSettings()
    lsp: LspSettings = LspSettings()
    sandbox: SandboxSettings = SandboxSettings()
    plugins: list[str] = []
    """Modules to import for further plug-ins."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
