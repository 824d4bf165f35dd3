"""Draw holes from a repository, one a file at most.

One a file, because then a single tree without any of them serves every question: each file
is on the disk as the editor has it, and only the others' holes are missing elsewhere.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from assistant import __version__, syntax
from assistant.context.reading import decode, refusal
from assistant.context.repository import Repository
from assistant.context.walk import Skipped, walk
from assistant.errors import UsageError
from assistant.settings import ContextSettings
from assistant.syntax import Language, Outline, outline
from eval.mining.candidates import Candidate, candidates
from eval.mining.records import KINDS, MinedSet, Origin, Target, sha256

MOST_PLACES = 3
_LEAST_NAME = 6
_STANDARD = frozenset(
    """as_bytes as_deref as_mut as_path as_ref as_slice as_str ends_with file_name file_stem
    from_iter from_str get_mut get_or_insert into_inner into_iter is_dir is_empty is_err is_file
    is_none is_ok is_some push_str read_to_end read_to_string starts_with strip_prefix
    strip_suffix to_bytes to_owned to_path_buf to_str to_string try_from try_into with_capacity
    with_extension addEventListener endsWith forEach fromEntries getItem hasNext hasOwnProperty
    hashCode indexOf isArray isEmpty lastIndexOf removeEventListener startsWith toArray toJSON
    toString valueOf""".split()  # noqa: SIM905 - one a line would be long
)
"""Methods of the languages' own types: a file that defines one is seldom whose is called."""
_TESTS = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|spec|specs|e2e|fixtures|examples?|benchmarks?)/"
    r"|(?:^|/)(?:test_|conftest)[^/]*$|[._-](?:test|tests|spec)\.\w+$|Tests?\.java$"
)
_FOREIGN_CODE = re.compile(
    r"(?:^|/)(?:vendor|_vendor|vendored|third_party|build|dist|lib-cov|generated|migrations)/"
    r"|\.min\.\w+$|_pb2|\.pb\.|\.d\.ts$"
)
_GENERATED = re.compile(r"@generated|DO NOT EDIT|[Aa]uto-?generated|[Gg]enerated by")


def mine(
    root: Path,
    settings: ContextSettings,
    *,
    seed: int = 0,
    per_kind: int = 20,
    limit: int = 0,
    language: str = "",
    include_tests: bool = False,
    name: str = "",
) -> MinedSet:
    """Up to ``per_kind`` holes of each kind, and ``limit`` in all (0 is no limit). The same
    files and seed give the same holes. ``name`` marks them in a set of several repositories.

    Raises UsageError where there is none.
    """
    root = root.resolve()
    wanted = syntax.by_name(language).name if language else ""
    with Repository.open(root, settings) as repository:
        repository.refresh()
        found: list[tuple[str, bytes, Language, list[Candidate]]] = []
        for file in walk(root, settings, Skipped()):
            path = file.path
            if _FOREIGN_CODE.search(path) or (not include_tests and _TESTS.search(path)):
                continue
            of = syntax.of_path(path)
            if of is None or not of.functions or (wanted and of.name != wanted):
                continue
            data = (root / path).read_bytes()
            text = decode(data)
            if refusal(data) or _GENERATED.search(text[:2000]) or "\ufffd" in text:
                continue
            rng = random.Random(f"{seed}:{path}")  # noqa: S311 - a draw, not a secret
            names = _foreign(repository, path, outline(text, of))
            places = list(candidates(text, of, names, rng, include_tests))
            if places:
                found.append((path, data, of, places))
    targets = _draw(found, seed, per_kind, limit)
    if not targets:
        raise UsageError(f"{root} has no line that uses names of its other files")
    if name:
        targets = [_of(name, target) for target in targets]
    origin = Origin(
        name=name,
        root=str(root),
        commit=_commit(root),
        seed=seed,
        per_kind=per_kind,
        language=wanted,
        max_file_bytes=settings.max_file_bytes,
        max_files=settings.max_files,
        version=__version__,
    )
    return MinedSet(origins=(origin,), targets=tuple(targets))


def _foreign(repository: Repository, path: str, found: Outline) -> Callable[[str, str], bool]:
    """Whether a name in a text is another file's: imported here, or called or named like a type,
    and defined in few other files only. A local variable may share its name with anything."""
    here = {definition.name for definition in found.definitions}
    imported = {called: name for i in found.imports for name, called in i.names if name}
    known: dict[str, bool] = {}

    def foreign(name: str, text: str) -> bool:
        used = name in imported or name[0].isupper() or re.search(rf"\b{name}\(", text)
        if not used:
            return False
        if name not in known:
            original = imported.get(name, name)
            places = {one.path for one in repository.definitions(original)}
            others = places - {path}
            rare = _telling(name) and len(others) <= MOST_PLACES
            known[name] = name not in here and bool(others) and (name in imported or rare)
        return known[name]

    return foreign


def _telling(name: str) -> bool:
    """A type's name, or of several words: ``delete`` is some library's more often than ours."""
    several = re.search(r"[a-z0-9]_+\w|[a-z][A-Z]", name)
    if name in _STANDARD:
        return False
    return len(name) >= _LEAST_NAME and bool(name[0].isupper() or several)


def _draw(
    found: list[tuple[str, bytes, Language, list[Candidate]]], seed: int, per_kind: int, limit: int
) -> list[Target]:
    rng = random.Random(seed)  # noqa: S311
    files = sorted(found, key=lambda one: one[0])
    rng.shuffle(files)
    drawn: list[Target] = []
    texts: set[str] = set()
    left = dict.fromkeys(KINDS, per_kind)
    for path, data, language, places in files:
        if limit and len(drawn) == limit:
            break
        # The kind that lacks the most comes first, the rarest one where they are level.
        for kind in sorted(KINDS, key=lambda kind: (-left[kind], -KINDS.index(kind))):
            of_kind = [place for place in places if place.kind == kind]
            if not left[kind] or not of_kind:
                continue
            target = _target(path, data, language, rng.choice(of_kind))
            if target.target_sha256 not in texts:
                texts.add(target.target_sha256)
                left[kind] -= 1
                drawn.append(target)
                break
    return sorted(drawn, key=lambda one: (KINDS.index(one.kind), one.path))


def _target(path: str, data: bytes, language: Language, place: Candidate) -> Target:
    text = decode(data)
    line = text.count("\n", 0, place.start)
    target = text[place.start : place.end]
    return Target(
        id=f"{path}:{line + 1}:{place.kind}",
        path=path,
        language=language.name,
        kind=place.kind,
        start=place.start,
        end=place.end,
        line=line,
        end_line=line + target.count("\n"),
        names=place.names,
        file_sha256=sha256(data),
        target_sha256=sha256(target.encode()),
    )


def _of(origin: str, target: Target) -> Target:
    return target.model_copy(update={"origin": origin, "id": f"{origin}/{target.id}"})


def _commit(root: Path) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
