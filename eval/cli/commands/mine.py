"""Mine holes from a repository, whose text uses names defined in its other files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import JsonOption, existing_folder, settings
from assistant.cli.output import emit, err, out

if TYPE_CHECKING:
    from eval.mining.records import MinedSet

NAME = "mine"


def command(
    path: Annotated[Path | None, typer.Argument(help="The repository's folder.")] = None,
    public: Annotated[
        bool,
        typer.Option("--public", help="Instead, rebuild the public set from its pinned sources."),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSONL file to write: mined.jsonl.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="The same seed and files give the same holes; 0.")
    ] = None,
    per_kind: Annotated[
        int | None, typer.Option(min=1, help="Most holes of each kind; 20.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most holes in all.")] = None,
    language: Annotated[str, typer.Option(help="Only files in this language.")] = "",
    include_tests: Annotated[
        bool, typer.Option("--include-tests", help="Mine test files too.")
    ] = False,
    json_mode: JsonOption = False,
) -> None:
    from assistant.errors import UsageError
    from eval.mining.mine import mine

    if public:
        chosen = (path, output, seed, per_kind, limit, language or None, include_tests or None)
        if any(option is not None for option in chosen):
            raise UsageError("the public set's sources and seed are pinned: --public goes alone")
        _public(json_mode)
        return
    if path is None:
        raise UsageError("name a repository's folder, or --public")
    mined = mine(
        existing_folder(path),
        settings().context,
        seed=seed or 0,
        per_kind=per_kind or 20,
        limit=limit or 0,
        language=language,
        include_tests=include_tests,
    )
    output = output or Path("mined.jsonl")
    try:
        output.write_text(mined.text(), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}") from error
    payload = _counts(mined, output)
    emit(
        payload,
        json_mode,
        lambda: out().print(
            f"{payload['targets']} holes {payload['kinds']} in {output}; next: "
            f"assistant eval run mined --mined {output}",
            markup=False,
        ),
    )


def _public(json_mode: bool) -> None:
    from eval.mining.masking import leaks, masked
    from eval.mining.records import load
    from eval.public.build import PublicSetError, build

    path = build(lambda said: err().print(said, markup=False))
    mined = load(path)
    trees = masked(mined, path.parent)
    left = [f"{hole} in {file}" for tree in trees for hole, file in leaks(tree)]
    if left:
        raise PublicSetError(f"{len(left)} holes' text is still in their copies: {left[0]}")
    asked = sum(len(tree.holes) for tree in trees)
    files = sum(file.is_file() for tree in trees for file in tree.root.rglob("*"))
    payload = _counts(mined, path) | {"origins": len(trees), "asked": asked, "searched": files}
    emit(
        payload,
        json_mode,
        lambda: out().print(
            f"{asked} of {payload['targets']} holes can be asked, and none of the {files} files "
            f"of their {len(trees)} copies holds a hole's text; next: assistant eval run mined",
            markup=False,
        ),
    )


def _counts(mined: MinedSet, path: Path) -> dict[str, object]:
    return {
        "targets": len(mined.targets),
        "files": len({(target.origin, target.path) for target in mined.targets}),
        "languages": dict(Counter(target.language for target in mined.targets)),
        "kinds": dict(Counter(target.kind for target in mined.targets)),
        "path": str(path.resolve()),
    }
