"""LoRA adapters of a vLLM that runs: loaded and unloaded over its HTTP API.

vLLM keeps a prefix's keys and values by the adapter's name and path, not by its weights: other
weights under the same path would get the old one's. So a new version needs a new path.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import EngineError

if TYPE_CHECKING:
    import httpx

SECONDS = 60.0
"""Most time for loading one."""


def client(api_key: str = "") -> httpx.AsyncClient:
    """For the functions below."""
    import httpx

    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return httpx.AsyncClient(timeout=SECONDS, headers=headers, trust_env=False)


class LoadedFromElsewhere(EngineError):
    """The name is taken by an adapter of another folder."""


async def load(http: httpx.AsyncClient, server: str, name: str, path: str) -> None:
    """Have ``server`` (a URL without a path) serve the adapter in the folder ``path``; nothing
    to do where it does already. Raises LoadedFromElsewhere where it serves another under that
    name, EngineError with the server's reason."""
    body = {"lora_name": name, "lora_path": path}
    if await _post(http, f"{server}/v1/load_lora_adapter", body, name, "already"):
        return
    # The refusal does not say which one it has: its list of models does.
    there = await _root(http, server, name)
    if there != path:
        where = f"from {there}" if there else "from a folder that it does not tell"
        raise LoadedFromElsewhere(
            f"{server} serves {name} {where} already: give this version a name of its own"
        )


async def unload(http: httpx.AsyncClient, server: str, name: str) -> None:
    """The reverse; nothing to do where it is not loaded. Raises EngineError."""
    await _post(http, f"{server}/v1/unload_lora_adapter", {"lora_name": name}, name, "cannot be")


async def _root(http: httpx.AsyncClient, server: str, name: str) -> str:
    """The folder that ``server`` says it has loaded ``name`` from; empty where it does not."""
    import httpx

    try:
        listed = (await http.get(f"{server}/v1/models")).json()["data"]
        return next((str(e.get("root") or "") for e in listed if e.get("id") == name), "")
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError):
        return ""


async def _post(
    http: httpx.AsyncClient, url: str, body: Mapping[str, str], name: str, done: str
) -> bool:
    """Whether it had to be done; ``done`` is in the refusal of what is so already."""
    import httpx

    try:
        answer = await http.post(url, json=body)
    except httpx.HTTPError as error:
        raise EngineError(f"{url} does not answer ({type(error).__name__})") from error
    if answer.status_code == 200:
        return True
    try:
        said = answer.json()
        said = said.get("error", said)
        words = str(said.get("message", said)) if isinstance(said, dict) else str(said)
    except (ValueError, AttributeError):
        words = answer.text
    if answer.status_code in (400, 404) and done in words:
        return False
    if answer.status_code == 404 and "adapter" not in words.lower():
        raise EngineError(
            f"{url} is not there: start that server with --enable-lora and "
            "VLLM_ALLOW_RUNTIME_LORA_UPDATING=1"
        )
    raise EngineError(f"the adapter {name}: {' '.join(words.split())[:300]}")


def check(path: str, most_rank: int) -> None:
    """Raises EngineError for a folder that an engine on this machine could not load."""
    config = Path(path) / "adapter_config.json"
    try:
        rank = int(json.loads(config.read_text(encoding="utf-8")).get("r", 0))
    except FileNotFoundError:
        raise EngineError(f"{path} is no adapter: it has no adapter_config.json") from None
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise EngineError(f"{config} cannot be read: {error}") from error
    if rank > most_rank:
        raise EngineError(
            f"the adapter in {path} has rank {rank}, the engine takes {most_rank}: "
            "set lora_rank higher and restart it"
        )


def stamp(path: str) -> list[list[str | int]]:
    """Names, sizes and times of an adapter's files: as long as they are the same, so are the
    weights. Empty for a folder that is not on this machine."""
    try:
        return [[p.name, p.stat().st_size, p.stat().st_mtime_ns] for p in _files(path)]
    except OSError:
        return []


def digest(path: str) -> str:
    """SHA-256 over an adapter's files: another value means other weights. Empty for a folder
    that is not on this machine."""
    whole = hashlib.sha256()
    try:
        for file in _files(path):
            with file.open("rb") as opened:
                own = hashlib.file_digest(opened, "sha256").hexdigest()
            whole.update(f"{file.name} {own}\n".encode())
    except OSError:
        return ""
    return whole.hexdigest()


def _files(path: str) -> list[Path]:
    return sorted(file for file in Path(path).iterdir() if file.name.startswith("adapter_"))
