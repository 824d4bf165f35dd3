"""Source distributions by name, from the registries that pip and npm are set up for.

Only bytes are brought: nothing is installed, built or run.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import warnings
from pathlib import Path

from assistant.errors import AssistantError
from eval.public.sources import Source

_SECONDS = 300


class RegistryError(AssistantError):
    """A source distribution cannot be had."""


def download(source: Source, folder: Path) -> Path:
    """Bring ``source.file`` into ``folder``. Raises RegistryError."""
    return {"pypi": _pypi, "npm": _npm}[source.registry](source, folder)


def _pypi(source: Source, folder: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what pip carries with it
        return _by_pip(source, folder)


def _by_pip(source: Source, folder: Path) -> Path:
    """``pip download`` would run a source distribution's build to learn its metadata, so pip's
    own finder and session are asked, with its whole configuration, and only for the file."""
    try:
        from pip._internal.commands import create_command
        from pip._internal.commands.download import DownloadCommand
        from pip._internal.exceptions import PipError
        from pip._vendor.requests.exceptions import RequestException
    except ImportError as error:
        raise RegistryError(f"{source.name} needs pip: make setup ({error})") from error
    logging.getLogger("pip").setLevel(logging.CRITICAL)
    target = folder / source.file
    try:
        command = create_command("download", isolated=False)
        assert isinstance(command, DownloadCommand)
        options, _ = command.parse_args(
            ["--no-binary=:all:", "--retries=1", "--timeout=30", source.name]
        )
        session = command._build_session(options)
        finder = command._build_package_finder(options, session, ignore_requires_python=True)
        links = [found.link for found in finder.find_all_candidates(source.name)]
        link = next((link for link in links if link.filename == source.file), None)
        if link is None:
            raise RegistryError(f"{source.file} is not in pip's index, or that is out of reach")
        if link.is_file:
            shutil.copyfile(link.file_path, target)
            return target
        with session.get(link.url_without_fragment, stream=True, timeout=30) as response:
            response.raise_for_status()
            with target.open("wb") as file:
                for block in response.iter_content(1 << 16):
                    file.write(block)
    except (PipError, RequestException) as error:
        raise RegistryError(f"{source.file}: {_brief(str(error))}") from error
    return target


def _npm(source: Source, folder: Path) -> Path:
    command = ["npm", "pack", "--ignore-scripts", "--silent", "--fetch-retries=1"]
    command += ["--pack-destination", str(folder), f"{source.name}@{source.version}"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except FileNotFoundError as error:
        raise RegistryError(f"{source.name} comes by npm: install Node.js") from error
    except subprocess.TimeoutExpired as error:
        raise RegistryError(f"npm pack {source.name} took over {_SECONDS} s") from error
    target = folder / source.file
    if done.returncode or not target.is_file():
        said = _brief(done.stderr or done.stdout) or f"exit status {done.returncode}"
        raise RegistryError(f"npm pack {source.name}@{source.version}: {said}")
    return target


def _brief(said: str) -> str:
    return " ".join(said.split())[:200]
