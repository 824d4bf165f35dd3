"""Record the public set after a change to ``sources.toml``: ``python -m eval.public.record``."""

from __future__ import annotations

from assistant.cli.output import err
from eval.public import sources
from eval.public.build import SOURCES, TARGETS, made


def main() -> None:
    found = made(sources.load(SOURCES), lambda said: err().print(said, markup=False))
    TARGETS.write_text(found.text(), encoding="utf-8")
    err().print(f"{len(found.targets)} holes in {TARGETS}", markup=False)


if __name__ == "__main__":
    main()
