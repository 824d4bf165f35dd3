"""An engine that somebody else runs: ``engine.url``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.engines.catalogue import catalogue
from assistant.engines.protocol import Endpoint
from assistant.errors import EngineError, EngineUnavailable
from assistant.settings import EngineSettings, Settings

ANSWER_SECONDS = 5.0


async def remote_endpoint(settings: Settings) -> Endpoint:
    """The endpoint at ``engine.url``, with what its list of models tells.

    A server that lists one model gets that one, whatever ``engine.model`` says; vLLM is
    known by how it signs its list, and then constraints are on and its tokenizer is used
    where its folder can be read from here. Raises EngineUnavailable when nothing answers,
    EngineError when the model is not among several.
    """
    engine = settings.engine
    url = engine.url.rstrip("/")
    if not url.endswith("/v1"):
        url += "/v1"
    listed = await _models(url, engine.api_key)
    entry = _entry(listed, engine, url)
    name = str(entry["id"]) if entry else engine.model
    is_vllm = bool(entry) and entry.get("owned_by") == "vllm"
    known = catalogue().get(name)
    return Endpoint(
        url=url,
        model=name,
        engine="vllm" if is_vllm else "url",
        api_key=engine.api_key,
        tokenizer=_tokenizer(engine, str(entry.get("root") or "") if is_vllm else ""),
        fim=engine.fim or (known.fim if known else ""),
        constraints=is_vllm,
    )


def _tokenizer(engine: EngineSettings, root: str) -> Path | None:
    if engine.tokenizer:
        return Path(engine.tokenizer)
    own = Path(root) / "tokenizer.json"
    return own if root and own.is_file() else None


def _entry(listed: list[dict[str, Any]], engine: EngineSettings, url: str) -> dict[str, Any]:
    if len(listed) == 1:
        return listed[0]
    for entry in listed:
        if entry["id"] == engine.model:
            return entry
    if listed and engine.model == EngineSettings().model:
        return listed[0]
    if listed:
        names = ", ".join(str(entry["id"]) for entry in listed)
        raise EngineError(
            f"{url} has no model {engine.model!r}: set engine.model to one of {names}"
        )
    return {}


async def _models(url: str, api_key: str) -> list[dict[str, Any]]:
    """Empty when the server does not list its models."""
    import httpx

    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    trust = not url.startswith(("http://127.", "http://localhost"))
    try:
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=trust) as http:
            answer = await http.get(f"{url}/models", headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise EngineUnavailable(
            f"engine.url {url} does not answer ({type(error).__name__}): "
            "start that server, or clear engine.url to use the built-in engine"
        ) from error
    if answer.status_code in (401, 403):
        raise EngineUnavailable(f"{url} refused the key ({answer.status_code}): set engine.api_key")
    if answer.status_code == 404:
        return []
    if answer.status_code != 200:
        raise EngineUnavailable(f"{url}/models answered {answer.status_code}")
    try:
        return [e for e in answer.json()["data"] if isinstance(e, dict) and "id" in e]
    except (ValueError, KeyError, TypeError):
        raise EngineUnavailable(
            f"{url}/models is not OpenAI's: engine.url must name the API's root, up to /v1"
        ) from None
