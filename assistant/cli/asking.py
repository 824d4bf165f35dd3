"""What commands need that ask the model: the index and an engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.commands.model import Model
    from assistant.context.repository import Repository
    from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Session:
    """An indexed workspace folder (None without context) and a model to ask."""

    model: Model
    repository: Repository | None


@asynccontextmanager
async def session(settings: Settings, root: Path) -> AsyncIterator[Session]:
    """Index ``root``, and find or start an engine."""
    from assistant.cli.oneshot import TIMEOUT, indexed
    from assistant.cli.output import err
    from assistant.commands.model import Model
    from assistant.engines.lease import acquire

    repository = await asyncio.to_thread(indexed, settings, root)
    try:
        with err().status("engine") as status:
            lease = await acquire(
                settings, on_progress=lambda p: status.update(f"engine: {p.stage}")
            )
        window = settings.engine.max_model_len
        async with lease, Model.open(lease.endpoint, window, TIMEOUT) as model:
            yield Session(model, repository)
    finally:
        if repository is not None:
            repository.close()
