"""Keys of the gateway: who may use it, for what, and how much."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from assistant.cli.options import JsonOption

NAME = "keys"

app = typer.Typer(no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="What the key is called, in the audit too.")]


@app.command("add")
def add_key(
    name: NameArgument,
    scopes: Annotated[
        str, typer.Option(help="Comma-separated: complete, chat, media, admin.")
    ] = "complete,chat,media",
    requests_per_minute: Annotated[int, typer.Option(min=0, help="0 is no limit.")] = 0,
    concurrent: Annotated[int, typer.Option(min=0, help="Requests at a time; 0: no limit.")] = 0,
    json_mode: JsonOption = False,
) -> None:
    """Make a key. It is shown once; only its digest is kept."""
    from assistant.cli.output import emit, err, out
    from assistant.gateway.keys import Keys

    asked = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    secret = Keys().add(name, asked, requests_per_minute, concurrent)

    def human() -> None:
        out().print(secret, markup=False)
        err().print("It is not shown again. A gateway that runs knows it already.")

    emit({"name": name, "key": secret, "scopes": asked}, json_mode, human)


@app.command("list")
def list_keys(json_mode: JsonOption = False) -> None:
    """The keys there are, without what they are."""
    from assistant.cli.output import emit, out
    from assistant.gateway.keys import Key, Keys

    keys = Keys().all()

    def plain(key: Key) -> dict[str, Any]:
        return key.model_dump(mode="json", exclude={"digest"})

    def human() -> None:
        from rich.table import Table

        table = Table("name", "scopes", "a minute", "at a time", "made")
        for key in keys:
            limits = (str(key.requests_per_minute or "-"), str(key.concurrent or "-"))
            table.add_row(key.name, ", ".join(key.scopes), *limits, key.created)
        out().print(table)

    emit([plain(key) for key in keys], json_mode, human)


@app.command("remove")
def remove_key(name: NameArgument, json_mode: JsonOption = False) -> None:
    """Take a key out; a gateway that runs refuses it from then on."""
    from assistant.cli.output import emit
    from assistant.gateway.keys import Keys

    Keys().remove(name)
    emit({"removed": name}, json_mode, lambda: None)
