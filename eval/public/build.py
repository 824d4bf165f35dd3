"""Rebuild the public set: download, verify, unpack, mine, and compare with what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant import paths
from assistant.errors import AssistantError
from assistant.settings import ContextSettings
from eval.mining.mine import mine
from eval.mining.records import MinedSet, Origin, Target
from eval.mining.records import load as load_set
from eval.public import sources
from eval.public.archives import unpack, verify
from eval.public.registries import RegistryError, download
from eval.public.sources import Source, Sources

SOURCES = sources.FOLDER / "sources.toml"
TARGETS = sources.FOLDER / "targets.jsonl"


class PublicSetError(AssistantError):
    """The public set cannot be had, or is not the recorded one."""


def built(report: Callable[[str], None], recorded: Path = TARGETS) -> Path:
    """The set's file in the state folder, built when it is not there. Raises PublicSetError."""
    path = _folder() / TARGETS.name
    pinned = recorded.read_bytes()
    if path.is_file() and path.read_bytes() == pinned:
        origins = load_set(path).origins
        if all((path.parent / origin.root).is_dir() for origin in origins):
            return path
    try:
        return build(report, recorded=recorded)
    except RegistryError as error:
        raise PublicSetError(
            f"the public set is not here ({error}): with a network, `assistant eval mine --public`"
        ) from error


def build(report: Callable[[str], None], pinned: Path = SOURCES, recorded: Path = TARGETS) -> Path:
    """Build the set anew and give its file. Archives that are here already are not brought
    again. Raises RegistryError, ArchiveError, and PublicSetError where other holes come out
    than those recorded."""
    found = made(sources.load(pinned), report)
    wanted = load_set(recorded)
    if _comparable(found) != _comparable(wanted):
        path = _folder() / "differs.jsonl"
        path.write_text(found.text(), encoding="utf-8")
        raise PublicSetError(
            f"other holes came out than those recorded in {recorded.name}: compare {path}"
        )
    path = _folder() / TARGETS.name
    path.write_bytes(recorded.read_bytes())
    report(f"{len(found.targets)} holes, the same as recorded")
    return path


def made(pinned: Sources, report: Callable[[str], None]) -> MinedSet:
    """The set as it comes out now; its roots are relative to the state folder's ``eval/public``."""
    parts = [_mined(source, pinned.seed, report) for source in pinned.source]
    return MinedSet(
        origins=tuple(origin for part in parts for origin in part.origins),
        targets=tuple(target for part in parts for target in part.targets),
    )


def _mined(source: Source, seed: int, report: Callable[[str], None]) -> MinedSet:
    tree = _folder() / source.folder
    with _archive(source, report) as archive:
        verify(archive, source.sha256)
        unpack(archive, tree)
    part = mine(tree, ContextSettings(), seed=seed, per_kind=source.per_kind, name=source.folder)
    report(f"{source.folder}: {len(part.targets)} holes")
    (origin,) = part.origins
    told = {"root": source.folder, "archive_sha256": source.sha256, "commit": ""}
    return MinedSet(origins=(origin.model_copy(update=told),), targets=part.targets)


@contextmanager
def _archive(source: Source, report: Callable[[str], None]) -> Iterator[Path]:
    """The archive's file. One that proves wrong is not kept."""
    folder = paths.folder("eval", "public", "archives")
    archive = folder / source.file
    if not archive.is_file():
        report(f"{source.file}: downloading")
        partial = paths.folder("eval", "public", "archives", "partial")
        download(source, partial).replace(archive)
    try:
        yield archive
    except AssistantError:
        archive.unlink(missing_ok=True)
        raise


def _folder() -> Path:
    return paths.folder("eval", "public")


def _comparable(mined: MinedSet) -> tuple[tuple[Origin, ...], tuple[Target, ...]]:
    """Without the version of this project, which changes while the holes do not."""
    return tuple(o.model_copy(update={"version": ""}) for o in mined.origins), mined.targets
