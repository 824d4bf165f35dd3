"""Mine holes from a repository, whose text uses names defined in its other files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.options import JsonOption, existing_folder, settings
from assistant.cli.output import emit, out

NAME = "mine"


def command(
    path: Annotated[Path, typer.Argument(help="The repository's folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="JSONL file to write.")] = Path(
        "mined.jsonl"
    ),
    seed: Annotated[int, typer.Option(help="The same seed and files give the same holes.")] = 0,
    per_kind: Annotated[int, typer.Option(min=1, help="Most holes of each kind.")] = 20,
    language: Annotated[str, typer.Option(help="Only files in this language.")] = "",
    include_tests: Annotated[
        bool, typer.Option("--include-tests", help="Mine test files too.")
    ] = False,
    json_mode: JsonOption = False,
) -> None:
    from assistant.errors import UsageError
    from eval.mining.mine import mine

    mined = mine(
        existing_folder(path),
        settings().context,
        seed=seed,
        per_kind=per_kind,
        language=language,
        include_tests=include_tests,
    )
    try:
        output.write_text(mined.text(), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}") from error
    payload = {
        "targets": len(mined.targets),
        "files": len({target.path for target in mined.targets}),
        "languages": dict(Counter(target.language for target in mined.targets)),
        "kinds": dict(Counter(target.kind for target in mined.targets)),
        "path": str(output.resolve()),
    }
    emit(
        payload,
        json_mode,
        lambda: out().print(
            f"{payload['targets']} holes {payload['kinds']} in {output}; next: "
            f"assistant eval run mined --mined {output}",
            markup=False,
        ),
    )
