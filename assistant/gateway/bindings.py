"""What the names of one engine's adapters stand for, as long as that engine runs.

vLLM serves what it loaded first under a name, and keeps a prefix's keys and values by the
adapter's name and path, not by its weights. An engine may outlive the gateway, so this is
remembered in ``adapters-loaded.json`` of the state folder. An engine of ours that was started anew
has forgotten, and so do we; of one that somebody else runs nobody tells when that was, so there
a name stays what it was.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

from assistant import paths
from assistant.engines import adapters, rendezvous
from assistant.gateway.errors import Refusal
from assistant.settings import Settings


class AdapterConflict(Refusal):
    """The name stands for other weights, or for something else, or there is no room."""

    status = 409
    code = "adapter_conflict"


class Bindings:
    """Of the engine called ``engine``."""

    def __init__(self, engine: str, settings: Settings) -> None:
        self._engine = engine
        self._url = settings.engine.url
        self._key = rendezvous.key(settings)
        kept = _kept().get(engine)
        own = kept if isinstance(kept, dict) and kept.get("url") == self._url else {}
        self._run = str(own.get("run", ""))
        self._names: dict[str, dict[str, Any]] = dict(own.get("names", {}))

    def renew(self) -> None:
        """Forget them where the engine runs for another time than when they were made."""
        card = rendezvous.read(rendezvous.card_path(self._key)) if not self._url else None
        run = str(card.get("run", "")) if isinstance(card, dict) else self._run
        if run != self._run:
            self._run, self._names = run, {}

    async def claim(self, name: str, path: str) -> dict[str, Any]:
        """What ``name`` stands for once it is loaded from ``path``, for :meth:`keep`. Raises
        AdapterConflict where it stands for something else already."""
        stamp = adapters.stamp(path)
        bound = self._names.get(name)
        if bound is None:
            digest = await asyncio.to_thread(adapters.digest, path)
            return {"path": path, "stamp": stamp, "digest": digest}
        if bound["path"] != path:
            raise AdapterConflict(
                f"{name} stands for {bound['path']}: serve the new version from its own folder "
                "under a name of its own"
            )
        if bound["stamp"] == stamp:
            return bound
        if await asyncio.to_thread(adapters.digest, path) != bound["digest"]:
            raise AdapterConflict(
                f"the files in {path} are not those that {name} was loaded from: what the engine "
                "has computed would be mixed up. Give every version a folder and a name"
            )
        # Copied anew, say: the times have changed, the weights have not.
        return {**bound, "stamp": stamp}

    def keep(self, name: str, bound: dict[str, Any]) -> None:
        """It is loaded: from now on it stands for that."""
        if self._names.get(name) == bound:
            return
        self._names[name] = bound
        own = {"url": self._url, "run": self._run, "names": self._names}
        with suppress(OSError):
            rendezvous.write(_file(), {**_kept(), self._engine: own})


def _file() -> Path:
    return paths.folder() / "adapters-loaded.json"


def _kept() -> dict[str, Any]:
    """By engine."""
    found = rendezvous.read(_file())
    return found if isinstance(found, dict) else {}
