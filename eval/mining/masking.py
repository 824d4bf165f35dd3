"""A copy of a repository in which no hole's text is left, for an index that cannot cheat.

Every hole is cut out of its own file. Elsewhere its text goes too, whatever its white space;
where another file repeats most of a longer hole's lines, those lines go; a file that
repeats most of a holed file is left out of the copy. The small cost: the other files of the
set lack their own holes as well.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant import paths
from assistant.context.reading import decode
from assistant.context.roots import MARKERS
from assistant.context.walk import Skipped, walk
from assistant.errors import UsageError
from assistant.settings import ContextSettings
from eval.mining.candidates import squeezed
from eval.mining.records import MinedSet, Origin, Target, sha256

MOSTLY = 0.6
"""Share of distinct lines from which on two texts count as copies."""
_FORMAT = "1"


@dataclass(frozen=True, slots=True)
class Hole:
    """A target with its text, and its file as the copy has it."""

    target: Target
    prefix: str
    suffix: str
    text: str


@dataclass(frozen=True, slots=True)
class Masked:
    root: Path
    holes: tuple[Hole, ...]


def masked(mined: MinedSet, beside: Path) -> tuple[Masked, ...]:
    """A copy for each origin of a set, made at the first call and kept. ``beside`` is the folder
    that relative roots start from. Raises UsageError where files are gone or have changed since
    they were mined."""
    return tuple(_masked(part, beside / part.origins[0].root) for part in mined.parts())


def leaks(tree: Masked) -> list[tuple[str, str]]:
    """A hole's id and a file of the copy that holds its text still, whatever the white space.
    Masking leaves none."""
    texts = {
        path.relative_to(tree.root).as_posix(): squeezed(decode(path.read_bytes()))
        for path in sorted(tree.root.rglob("*"))
        if path.is_file()
    }
    return [
        (hole.target.id, path)
        for hole in tree.holes
        for path, text in texts.items()
        if squeezed(hole.text) in text
    ]


def _masked(mined: MinedSet, root: Path) -> Masked:
    texts, files = _read(root, mined.origins[0])
    held = {target.id: _text(target, files) for target in mined.targets}
    # What is in the tree decides, not only what is in the set: a new file may hold a copy.
    state = "".join(f"{path}\0{sha256(data)}\n" for path, data in sorted(files.items()))
    key = sha256(f"{_FORMAT}\n{mined.digest()}\n{state}".encode())[:32]
    folder = paths.folder("eval", "mined") / key
    if not folder.is_dir():
        _make(folder / root.name, mined.targets, held, texts, files)
    splits = json.loads((folder / "holes.json").read_text(encoding="utf-8"))
    tree = folder / root.name  # the workspace's name is in the prompt
    holes = []
    for target in mined.targets:
        if target.id in splits:
            text = (tree / target.path).read_bytes().decode("utf-8", "surrogatepass")
            at = splits[target.id]
            holes.append(Hole(target, text[:at], text[at:], held[target.id]))
    return Masked(tree, tuple(holes))


def _read(root: Path, origin: Origin) -> tuple[dict[str, str], dict[str, bytes]]:
    """The texts that an index would read, and the bytes of all that is copied."""
    limits = ContextSettings(max_file_bytes=origin.max_file_bytes, max_files=origin.max_files)
    if not root.is_dir():
        raise UsageError(f"{root} is gone: mine its repository anew")
    texts: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for file in walk(root, limits, Skipped()):
        files[file.path] = (root / file.path).read_bytes()
        texts[file.path] = decode(files[file.path])
        for name in (*MARKERS, "tsconfig.json", "jsconfig.json"):
            beside = (root / file.path).parent / name
            if beside.is_file():
                files.setdefault(beside.relative_to(root).as_posix(), beside.read_bytes())
    return texts, files


def _text(target: Target, files: dict[str, bytes]) -> str:
    data = files.get(target.path, b"")
    text = decode(data)[target.start : target.end]
    if sha256(data) != target.file_sha256 or sha256(text.encode()) != target.target_sha256:
        raise UsageError(f"{target.path} has changed since it was mined: mine it anew")
    return text


def _make(
    tree: Path,
    targets: Sequence[Target],
    held: dict[str, str],
    texts: dict[str, str],
    files: dict[str, bytes],
) -> None:
    parts = {path: [text] for path, text in texts.items()}
    for target in targets:
        text = texts[target.path]
        parts[target.path] = [text[: target.start], text[target.end :]]
    for path in _copies(targets, texts):
        parts.pop(path)
        files = {other: data for other, data in files.items() if other != path}
    for target in targets:
        _remove(held[target.id], parts, target.path)
    tree_files = {p: data for p, data in files.items() if p not in texts}
    tree_files |= {p: "".join(part).encode("utf-8", "surrogatepass") for p, part in parts.items()}
    seen = " \0 ".join(squeezed("".join(part)) for part in parts.values())
    splits = {
        target.id: len(parts[target.path][0])
        for target in targets
        # What closing the hole itself brings together cannot be asked honestly.
        if squeezed(held[target.id]) not in seen
    }
    folder = tree.parent
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix="making-"))
    try:
        for path, data in tree_files.items():
            (made / tree.name / path).parent.mkdir(parents=True, exist_ok=True)
            (made / tree.name / path).write_bytes(data)
        (made / "holes.json").write_text(json.dumps(splits), encoding="utf-8")
        os.rename(made, folder)  # noqa: PTH104 - must fail where another was first
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


@lru_cache(4096)
def _lines(text: str) -> frozenset[str]:
    return frozenset(squeezed(line) for line in text.splitlines() if len(line.strip()) > 3)


def _copies(targets: Sequence[Target], texts: dict[str, str]) -> list[str]:
    """The files that repeat most of a holed one. Those with a hole of their own stay."""
    holed = {target.path for target in targets}
    lines = {path: _lines(text) for path, text in texts.items()}
    return [
        path
        for path in texts
        if path not in holed
        and any(len(lines[path] & lines[h]) >= MOSTLY * max(len(lines[h]), 1) for h in holed)
    ]


def _remove(target: str, parts: dict[str, list[str]], own: str) -> None:
    wanted = squeezed(target)
    words = target.split()
    pattern = re.compile(r"\s+".join(map(re.escape, words)))
    lines = _lines(target)
    for path, pieces in parts.items():
        for number, piece in enumerate(pieces):
            cut = piece
            # Squeezing every file for every hole is what takes the time.
            while (
                all(word in cut for word in words)
                and wanted in squeezed(cut)
                and (shorter := pattern.sub("", cut)) != cut
            ):
                cut = shorter
            if path != own and len(lines) > 2 and len(lines & _lines(cut)) >= MOSTLY * len(lines):
                kept = cut.splitlines(keepends=True)
                cut = "".join(line for line in kept if squeezed(line) not in lines)
            pieces[number] = cut
