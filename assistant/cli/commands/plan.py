"""Size a deployment: engines for a model, GPUs and a number of people, and their config.toml.

Counts with measured speeds where there are any and says where it only estimates
(`assistant/engines/sizing/figures.toml` has every figure and its source).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption

if TYPE_CHECKING:
    from assistant.engines.sizing.deployment import Deployment
    from assistant.settings import Settings

NAME = "plan"


def command(
    model: Annotated[str, typer.Option(help="Catalogue name, folder or hub id.")] = "",
    users: Annotated[int, typer.Option(min=1, help="People, not only those who type now.")] = 1,
    gpus: Annotated[int, typer.Option(min=0, help="0 plans for this machine's processor.")] = 0,
    gpu_memory: Annotated[float, typer.Option(min=0, help="GiB of each; this machine's.")] = 0,
    device: Annotated[str, typer.Option(help="GPU or processor by name, as figures.toml.")] = "",
    media: Annotated[str, typer.Option(help="Comma-separated: image, speech.")] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="config.toml.")] = None,
    json_mode: JsonOption = False,
) -> int:
    from assistant.cli.output import emit
    from assistant.engines.sizing.written import as_json, config
    from assistant.gateway.inventory import plan as memory_plan
    from assistant.settings import EngineSettings

    name = model or EngineSettings().model
    made = _made(name, users, gpus, gpu_memory, device, [m for m in media.split(",") if m])
    text = config(made, name)
    places = [str(place) for place in memory_plan(_checked(text))]
    if output is not None:
        output.write_text(text, encoding="utf-8")
    payload = {**as_json(made), "memory": places, "config": text}
    emit(payload, json_mode, lambda: _show(made, places, text, output))
    return 0 if made.enough else 1


def _made(
    name: str, users: int, gpus: int, gpu_memory: float, device: str, media: list[str]
) -> Deployment:
    from assistant.engines.sizing import deployment
    from assistant.engines.sizing.memory import gpu_gib
    from assistant.engines.sizing.shape import shape_of
    from assistant.engines.sizing.speed import devices, guess_gpu
    from assistant.errors import UsageError

    shape = shape_of(name)
    if shape is None:
        raise UsageError(
            f"nothing is known of {name!r}: name a folder with its config.json and weights, "
            "or add it to assistant/engines/sizing/shapes.toml"
        )
    if not gpus:
        import psutil

        from assistant.engines.backends.vllm_cpu import cores

        memory = gpu_memory or psutil.virtual_memory().total / (1 << 30)
        # The slower of those that were measured promises nothing.
        return deployment.on_cpu(shape, cores(), memory, users, device or devices()[-1])
    size = gpu_memory or gpu_gib()
    if not size:
        raise UsageError("there is no GPU here to ask: give --gpu-memory, in GiB")
    guessed = device or guess_gpu(size)
    if not guessed:
        names = ", ".join(devices())
        raise UsageError(f"no GPU of {size:g} GiB is listed: give --device, one of {names}")
    made = deployment.on_gpus(shape, gpus, size, users, guessed, media)
    if not device:
        made.notes.append(
            f"the GPU is taken for {guessed}, the slowest of that size: give --device"
        )
    return made


def _checked(text: str) -> Settings:
    """The settings that ``text`` makes: what is printed can be used."""
    import tomllib

    from assistant.settings import Settings

    return Settings.model_validate(tomllib.loads(text))


def _show(made: Deployment, places: list[str], text: str, output: Path | None) -> None:
    from assistant.cli.output import err, out
    from assistant.engines.sizing.written import engines_per_gpu

    shape, at = made.shape, made.speed
    each = f", {made.width} GPU each" if made.gpus else ""
    rows = [
        ("model", f"{shape.name}, {shape.weights / (1 << 30):.1f} GiB in bf16 ({shape.source})"),
        ("a token's keys and values", f"{shape.kv_bytes:,} bytes"),
        ("replicas", f"{made.replicas} of {made.wanted} wanted{each}"),
        *((f"GPU {gpu}", ", ".join(on) or "-") for gpu, on in engines_per_gpu(made).items()),
        *(("memory", place) for place in places),
        ("held in the cache", f"{made.kv_tokens:,} tokens; {int(made.asked.held):,} wanted"),
        ("asked at the busiest", f"{made.asked.requests:.2f} requests a second"),
        ("load", f"{made.load:.0%} of each replica's time"),
        ("people at most", f"{made.people_most}"),
        ("first token of a completion", f"{made.first_token_s:.2f} s on an idle replica"),
        (
            "speed",
            f"prefill {at.prefill:,.0f}, decode {at.decode:,.0f} (one stream), "
            f"{at.batch:,.0f} tok/s (all)",
        ),
        ("which is", f"{at.basis}: {at.source}"),
        *(("note", note) for note in made.notes),
    ]
    for label, value in rows:
        err().print(f"{label:<29}{value}", markup=False, soft_wrap=True)
    if not made.enough:
        err().print(f"Not enough: {made.wanted} replicas are wanted, there is room for fewer.")
    if output is None:
        out().print(text, markup=False, end="")
