"""The command ``assistant``: finds the commands, reads the settings, reports errors.

Errors reach the user as one line on stderr; the exit status is 2 for misuse and 1 for a
failure. A traceback means a bug.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Annotated, NoReturn

import typer

from assistant import __version__
from assistant.cli import commands
from assistant.cli.options import chosen
from assistant.cli.output import plain
from assistant.errors import AssistantError


def _version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


def _root(
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a setting, e.g. engine.url=…"),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file to read instead.")] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    from assistant.config import parse_assignment
    from assistant.errors import UsageError

    if config is not None and not config.is_file():
        raise UsageError(f"--config {config}: there is no such file")
    chosen["overrides"] = dict(parse_assignment(text) for text in assignments or [])
    chosen["file"] = config


HELP = "A code assistant that runs on your machine and knows your repository."


def build(
    package: ModuleType = commands, name: str = "assistant", described: str | None = HELP
) -> typer.Typer:
    """A command line, with every command found in ``package``: one module each.

    A module has a ``NAME`` and either a function ``command`` or an ``app`` with commands of
    its own; its docstring is its help.
    """
    app = typer.Typer(
        name=name,
        help=described,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_root)
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=module.NAME, help=module.__doc__)
        else:
            context = getattr(module, "CONTEXT", None)
            app.command(module.NAME, help=module.__doc__, context_settings=context)(module.command)
    return app


def main(argv: list[str] | None = None) -> None:
    """Run the command line and exit."""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["lsp"]:
        run_beside("lsp", argv[1:])
    sys.exit(run(argv))


def run_beside(module: str, arguments: list[str]) -> NoReturn:
    """Become ``python -m module``, of a package beside this one.

    Those import this package, so they are run, not imported. -P keeps a folder of the user's
    with the same name (``lsp``, ``eval``) from being taken for it.
    """
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, *arguments])  # noqa: S606


def run(argv: list[str], make: Callable[[], typer.Typer] = build, name: str = "assistant") -> int:
    """Run one command of the command line ``make`` builds; gives its exit status."""
    try:
        status = make()(args=argv, prog_name=name, standalone_mode=False)
    except AssistantError as error:
        _complain(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has gone (`| head`): not an error, but stdout must not be flushed again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:
        # click's own errors: a wrong option, a missing argument, Ctrl-C at a prompt.
        status = _click_status(error)
        if status is None:
            raise
        return status
    return status if isinstance(status, int) else 0


def _click_status(error: Exception) -> int | None:
    """Exit status of an error of the option parser, after saying it; None for others."""
    if type(error).__name__ == "NoArgsIsHelpError":
        _complain(getattr(error, "message", ""), prefix="")
        return 2
    if isinstance(error, typer.Abort):
        return 130
    if isinstance(error, typer.Exit):
        return int(error.exit_code)
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        hint = ""
        context = getattr(error, "ctx", None)
        if context is not None:
            hint = f" (see `{context.command_path} --help`)"
        _complain(" ".join(error.format_message().split()) + hint)
        return int(error.exit_code)
    return None


def _complain(message: str, prefix: str = "assistant: ") -> None:
    sys.stderr.write(f"{prefix}{plain(message)}\n")


if __name__ == "__main__":
    main()
