"""What the fake engine has of vLLM's routes for running it: adapters, sleep, its tokenizer.

Written to its log: ``load`` (name, path), ``unload`` (name), ``sleep`` and ``wake`` (kind).
"""

from __future__ import annotations

import re
import zlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Any]
EVENTS = {"/sleep": "sleep", "/wake_up": "wake"}
OMNI = {"/v1/omni/sleep": "sleep", "/v1/omni/wakeup": "wake"}


class Admin:
    """``adapters`` are those that are loaded, by name."""

    def __init__(self) -> None:
        self.adapters: dict[str, str] = {}
        self.asleep = False

    def answer(self, url: str, body: dict[str, Any], sleeps: str) -> tuple[Answer, dict[str, Any]]:
        """Status and payload, and what to log (nothing: an empty one). ``sleeps`` is which
        routes for sleep there are: ``vllm``, ``omni`` or none."""
        parts = urlsplit(url)
        if parts.path == "/v1/load_lora_adapter":
            return self._load(str(body["lora_name"]), str(body["lora_path"]))
        if parts.path == "/v1/unload_lora_adapter":
            name = str(body["lora_name"])
            if self.adapters.pop(name, None) is None:
                return _error(404, f"The lora adapter '{name}' cannot be found."), {}
            return (200, "Success"), {"event": "unload", "name": name}
        if parts.path == "/tokenize":
            return (200, _tokenized(body)), {}
        event = {"vllm": EVENTS, "omni": OMNI}.get(sleeps, {}).get(parts.path)
        if event is None:
            return _error(404, "Not Found"), {}
        self.asleep = event == "sleep"
        level = body.get("level") or parse_qs(parts.query).get("level", [None])[0]
        return (200, {}), {"event": event, "kind": sleeps, "level": level}

    def cards(self) -> list[dict[str, str]]:
        """What the list of models says of each adapter that is loaded."""
        return [{"id": name, "root": path} for name, path in self.adapters.items()]

    def _load(self, name: str, path: str) -> tuple[Answer, dict[str, Any]]:
        if name in self.adapters:
            return _error(400, f"The lora adapter '{name}' has already been loaded."), {}
        if "broken" in path:
            return _error(404, f"Loading lora {name} failed: No adapter found for {path}"), {}
        self.adapters[name] = path
        return (200, "Success"), {"event": "load", "name": name, "path": path}


def _tokenized(body: dict[str, Any]) -> dict[str, Any]:
    """As vLLM answers: this is how vllm-router knows where a text's beginning went before."""
    messages = body.get("messages") or ()
    text = body.get("prompt") or "\n".join(str(message["content"]) for message in messages)
    tokens = [zlib.crc32(word.encode()) for word in re.findall(r"\w+|\W", text)]
    return {"count": len(tokens), "max_model_len": 8192, "tokens": tokens, "token_strs": None}


def _error(status: int, message: str) -> Answer:
    return status, {"error": {"message": message, "type": "fake", "param": None, "code": status}}
