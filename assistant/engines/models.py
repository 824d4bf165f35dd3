"""From a model's name to weights that an engine loads.

    download (first source that has it) → digest → convert once → a folder

Every step ends in an atomic rename, under one lock a model, so a killed run leaves nothing
that looks finished and two runs do not collide.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant import paths
from assistant.engines.catalogue import CatalogueModel, Precision, catalogue, find
from assistant.engines.protocol import LocalModel, Progress
from assistant.engines.sources import SOURCES, SourceUnavailable
from assistant.errors import ModelError
from assistant.settings import Settings

OnProgress = Callable[[Progress], None]

CONVERTER_VERSION = 3
"""A folder converted by another version is converted again."""


def resolve(settings: Settings, device: str, on_progress: OnProgress) -> LocalModel:
    """The weights that ``engine.model`` names, fetched and converted when they are not here.

    ``device`` is the backend's: it decides what precision ``auto`` means. Raises ModelError.
    """
    engine = settings.engine
    name = engine.model
    if name in catalogue():
        auto: Precision = "int4" if device == "cpu" else "bf16"
        precision: Precision = auto if engine.precision == "auto" else engine.precision
        return prepared(name, precision, on_progress)
    folder = Path(name).expanduser()
    if folder.is_dir():
        _check_folder(folder)
        return LocalModel(folder.resolve().name, folder.resolve(), engine.fim, "bf16")
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return LocalModel(name, _snapshot(name, on_progress), engine.fim, "bf16")
    raise ModelError(
        f"engine.model {name!r} is neither a folder, nor a hub id (owner/name), nor in the "
        f"catalogue ({', '.join(catalogue())})"
    )


def prepared(name: str, precision: Precision, on_progress: OnProgress) -> LocalModel:
    """A catalogue model, downloaded, verified and converted. Raises ModelError, UsageError."""
    model = find(name)
    target = model.weights(precision)
    if not _is_converted(model, precision):
        source = pull(name, on_progress)
        with _disk_errors(model), _lock(model, on_progress):
            if not _is_converted(model, precision):
                _convert(model, source, precision, on_progress)
    return LocalModel(model.name, target, model.fim, precision)


def pull(name: str, on_progress: OnProgress) -> Path:
    """The publisher's file, verified; downloaded from the first source that has it.

    Raises ModelError: a bad digest, a full disk, or what each source said.
    """
    model = find(name)
    if is_present(model):
        return model.path
    with _disk_errors(model), _lock(model, on_progress):
        if is_present(model):
            return model.path
        if model.path.exists():
            # Copied here by hand, perhaps: welcome if it is the right one.
            problem = _digest_problem(model, model.path, on_progress)
            if not problem:
                _mark_present(model)
                return model.path
        _check_disk(model)
        return _download(model, on_progress)


def is_present(model: CatalogueModel) -> bool:
    """Whether the publisher's file is here, verified once and not touched since."""
    try:
        mark = json.loads((model.path.parent / "verified.json").read_text(encoding="utf-8"))
        stat = model.path.stat()
    except (OSError, ValueError):
        return False
    return bool(mark == _mark(model, stat.st_size, stat.st_mtime_ns))


def _mark(model: CatalogueModel, size: int, mtime_ns: int) -> dict[str, object]:
    return {"sha256": model.sha256, "size": size, "mtime_ns": mtime_ns}


def _mark_present(model: CatalogueModel) -> None:
    stat = model.path.stat()
    mark = model.folder / "verified.json"
    part = mark.with_suffix(".part")
    part.write_text(json.dumps(_mark(model, stat.st_size, stat.st_mtime_ns)), encoding="utf-8")
    part.replace(mark)


def _download(model: CatalogueModel, on_progress: OnProgress) -> Path:
    said: list[str] = []
    for entry in model.sources:
        source = SOURCES.get(entry["kind"])
        # Each source has its own folder, so none mistakes another's pieces for its own.
        folder = paths.folder("models", model.name, f"from-{source.name}")
        target = folder / model.file
        detail = f"{model.name} from {source.name}"
        on_progress(Progress("download", detail, 0.0))

        def report(had: int, detail: str = detail) -> None:
            text = f"{detail}: {had / 1e6:,.0f} of {model.size / 1e6:,.0f} MB"
            on_progress(Progress("download", text, min(1.0, had / model.size)))

        try:
            source.fetch(entry, model, target, report)
        except SourceUnavailable as unavailable:
            said.append(f"{source.name}: {unavailable}")
            continue
        problem = _digest_problem(model, target, on_progress)
        if problem:
            target.unlink()
            said.append(f"{source.name}: {problem}, so it was removed")
            continue
        target.replace(model.path)
        _mark_present(model)
        for leftover in model.folder.glob("from-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        return model.path
    raise ModelError(f"{model.name} could not be had. " + "; ".join(said))


def _digest_problem(model: CatalogueModel, path: Path, on_progress: OnProgress) -> str:
    """What is wrong with the file; empty when its digest is the publisher's."""
    on_progress(Progress("download", f"checking {path.name}", None))
    size = path.stat().st_size
    if size != model.size:
        return f"the file has {size} bytes instead of {model.size}"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return "" if digest == model.sha256 else f"the file's sha256 is {digest}, not {model.sha256}"


def _check_disk(model: CatalogueModel) -> None:
    had = sum(p.stat().st_size for p in model.folder.glob("from-*/*") if p.is_file())
    # Parts and the whole lie side by side for a moment.
    needed = max(model.size, 2 * model.size - had)
    free = shutil.disk_usage(model.folder).free
    if free < needed:
        raise _disk_full(model, f"{free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB needed")


def _disk_full(model: CatalogueModel, detail: str) -> ModelError:
    return ModelError(
        f"the disk is full: {model.name} does not fit below {paths.home()} ({detail}); "
        "free some space or move it with ASSISTANT_HOME"
    )


@contextmanager
def _disk_errors(model: CatalogueModel) -> Iterator[None]:
    try:
        yield
    except paths.StateFolderError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _disk_full(model, error.strerror or "no space left") from error
        raise ModelError(f"{model.name} could not be stored: {error}") from error


@contextmanager
def _lock(model: CatalogueModel, on_progress: OnProgress) -> Iterator[None]:
    """One process at a time works on a model; the others wait and then find it done."""
    with (model.folder / "lock").open("a") as file:
        waiting = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not waiting:
                    waiting = True
                    on_progress(
                        Progress("download", f"another process is preparing {model.name}", None)
                    )
                time.sleep(0.2)
        yield


def _manifest(model: CatalogueModel, precision: Precision) -> dict[str, object]:
    return {
        "model": model.name,
        "source_sha256": model.sha256,
        "precision": precision,
        "converter": CONVERTER_VERSION,
    }


def _is_converted(model: CatalogueModel, precision: Precision) -> bool:
    try:
        text = (model.weights(precision) / "manifest.json").read_text(encoding="utf-8")
        return bool(json.loads(text) == _manifest(model, precision))
    except (OSError, ValueError):
        return False


def _convert(
    model: CatalogueModel, source: Path, precision: Precision, on_progress: OnProgress
) -> None:
    detail = f"{model.name} to {precision}, once"
    on_progress(Progress("convert", detail, 0.0))
    for leftover in model.folder.glob("converting-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with (
        _disk_errors(model),
        tempfile.TemporaryDirectory(prefix="converting-", dir=model.folder) as temporary,
    ):
        folder = Path(temporary) / precision
        command = [sys.executable, "-m", "assistant.engines.convert"]
        command += [str(source), str(folder), "--precision", precision]
        _run_converter(command, lambda f: on_progress(Progress("convert", detail, f)))
        _check_tokens(model, folder / "tokenizer.json")
        manifest = json.dumps(_manifest(model, precision), indent=2)
        (folder / "manifest.json").write_text(manifest + "\n", encoding="utf-8")
        target = model.weights(precision)
        if target.exists():
            shutil.rmtree(target)
        folder.replace(target)


def _check_tokens(model: CatalogueModel, file: Path) -> None:
    """That prompts will be read as they are meant. Raises ModelError."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    for text, expected in model.tokens.items():
        found = tokenizer.token_to_id(text)
        if found != expected:
            raise ModelError(
                f"{model.name}: its token {text!r} is {found}, but the catalogue says {expected}"
            )


def _run_converter(command: list[str], on_fraction: Callable[[float], None]) -> None:
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                on_fraction(float(line))
            process.wait()
        except BaseException:
            process.kill()
            raise
        if process.returncode:
            errors.seek(0)
            lines = [line.strip() for line in errors if line.strip()]
            reason = lines[-1] if lines else f"exit status {process.returncode}"
            if "No space left on device" in reason:
                raise OSError(errno.ENOSPC, "no space left on device")
            hint = ""
            if "No module named" in reason:
                hint = ": install the converter with `pip install 'repo-assistant[cpu]'`"
            raise ModelError(f"the weights could not be converted: {reason}{hint}")


def _check_folder(folder: Path) -> None:
    missing = [name for name in ("config.json",) if not (folder / name).is_file()]
    if not any(folder.glob("*.safetensors")):
        missing.append("*.safetensors")
    if missing:
        raise ModelError(f"{folder} is not a model's folder: it has no {' and no '.join(missing)}")


def _snapshot(repository: str, on_progress: OnProgress) -> Path:
    """A hub repository's safetensors, config and tokenizer."""
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise ModelError(
            f"{repository} is on the hub: `pip install huggingface_hub`, or name a local folder"
        ) from None
    on_progress(Progress("download", f"{repository} from the hub", None))
    try:
        found = snapshot_download(
            repository,
            allow_patterns=["*.safetensors", "*.json", "*.txt", "*.jinja", "*.model"],
            etag_timeout=3,
            cache_dir=paths.folder("models", "hub"),
        )
    except Exception as error:
        reason = str(error).strip().splitlines()
        raise ModelError(
            f"{repository} could not be had from the hub: {reason[0] if reason else error!r}"
        ) from error
    return Path(found)
