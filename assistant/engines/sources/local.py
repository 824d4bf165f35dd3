"""A copy that already lies on this machine: named by the user, or in the hub's own cache."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from assistant.engines.catalogue import CatalogueModel
from assistant.engines.sources import SourceUnavailable


class LocalSource:
    """Looks at ``places``: paths with ``~``, ``$VARIABLES``, ``{file}`` and wildcards."""

    name = "local"

    def fetch(
        self,
        entry: Mapping[str, Any],
        model: CatalogueModel,
        target: Path,
        report: Callable[[int], None],
    ) -> None:
        for place in _candidates(entry["places"], model):
            if place.stat().st_size != model.size:
                continue
            target.unlink(missing_ok=True)
            try:
                os.link(place.resolve(), target)
            except OSError:
                shutil.copyfile(place, target)
            report(model.size)
            return
        raise SourceUnavailable("no copy on this machine (ASSISTANT_MODEL_FILES names a folder)")


def _candidates(places: list[str], model: CatalogueModel) -> Iterator[Path]:
    for place in places:
        pattern = os.path.expandvars(str(Path(place.format(file=model.file)).expanduser()))
        if "$" not in pattern:
            yield from (Path(p) for p in sorted(glob.glob(pattern)) if Path(p).is_file())  # noqa: PTH207


SOURCE = LocalSource()
