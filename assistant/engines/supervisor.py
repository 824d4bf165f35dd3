"""The process that owns one engine: gets its model, starts it, restarts it, ends it.

    python -m assistant.engines.supervisor      (ASSISTANT_HANDOVER: settings as JSON)

Clients hold a connection to its Unix socket: a lease. Over it they get JSON lines:
``{"progress": …}`` for each step and ``{"endpoint": …}`` whenever the engine is ready. They
may send ``restart`` or ``stop``. When the last lease has gone, the supervisor waits
``engine.linger`` seconds for another and then ends the engine and itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import time
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from assistant.engines import guard, rendezvous, server_process
from assistant.engines.backends import choose
from assistant.engines.protocol import Backend, Endpoint, LocalModel, Progress
from assistant.engines.server_process import ServerDied
from assistant.errors import AssistantError, EngineError
from assistant.registry import add_plugins
from assistant.settings import Settings

FIRST_CLIENT_SECONDS = 20.0
"""A supervisor in the background that nobody has called by then goes again."""
PROBE = b"probe"
"""Said by another supervisor that only looks whether this one answers."""
START_ATTEMPTS = 2
RESTARTS = 5
"""Deaths in a row, each sooner than STEADY_SECONDS after the start, before it gives up."""
STEADY_SECONDS = 60.0
FIRST_PAUSE, MOST_PAUSE = 0.5, 30.0


class Supervisor:
    """See the module."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.key = rendezvous.key(settings)
        self.log = rendezvous.log_path(self.key)
        self.endpoint: Endpoint | None = None
        self.failure = ""
        self._last: dict[str, Any] = {}
        self._leases: set[asyncio.StreamWriter] = set()
        self._idle: asyncio.TimerHandle | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._wanted_restart = False
        self._work: asyncio.Task[None] | None = None

    async def run(self, listening: socket.socket) -> None:
        """Serve until stopped. Raises EngineError when the engine could not be kept running."""
        guard.adopt_orphans()
        server = await asyncio.start_unix_server(self._lease, sock=listening)
        self._work = asyncio.create_task(self._keep_running())
        self._count_down(max(FIRST_CLIENT_SECONDS, self.settings.engine.linger))
        try:
            await self._work
        except asyncio.CancelledError:
            pass
        except AssistantError as error:
            self.failure = str(error)
            self._tell(Progress("failed", self.failure))
        finally:
            # First the name, so that nobody new arrives at an engine that is going.
            rendezvous.socket_path(self.key).unlink(missing_ok=True)
            rendezvous.card_path(self.key).unlink(missing_ok=True)
            rendezvous.replicas_path(self.key).unlink(missing_ok=True)
            server.close()
            await self._end_process()
            for writer in list(self._leases):
                with contextlib.suppress(ConnectionError):
                    await asyncio.wait_for(writer.drain(), 1)
                writer.close()
            if self._idle is not None:
                self._idle.cancel()
        if self.failure:
            raise EngineError(self.failure)

    def stop(self) -> None:
        """End the engine and return from :meth:`run`; safe to call again."""
        if self._work is not None:
            self._work.cancel()

    # What runs

    async def _keep_running(self) -> None:
        backend = choose(self.settings.engine)
        model = await self._model(backend)
        port = self.settings.engine.port or free_port()
        endpoint = endpoint_of(backend, model, port, self.settings)
        deaths, was_ready = 0, False
        while True:
            began = time.monotonic()
            try:
                await self._start(backend, model, port, endpoint)
                was_ready = True
                assert self._process is not None
                status = await self._process.wait()
                reason = server_process.why_it_died(status, self.log)
            except (ServerDied, EngineError) as died:
                reason = str(died)
            self.endpoint = None
            await self._end_process()
            if self._wanted_restart:
                self._wanted_restart, deaths = False, 0
                self._tell(Progress("restart", f"restarting {backend.name} as asked"))
                continue
            steady = was_ready and time.monotonic() - began > STEADY_SECONDS
            deaths = 1 if steady else deaths + 1
            if deaths >= (RESTARTS if was_ready else START_ATTEMPTS):
                raise EngineError(f"{backend.name} does not stay up: {reason}")
            pause = min(MOST_PAUSE, FIRST_PAUSE * 2 ** (deaths - 1))
            self._tell(Progress("restart", f"{backend.name}: {reason}; again in {pause:g} s"))
            await asyncio.sleep(pause)

    async def _start(
        self, backend: Backend, model: LocalModel, port: int, endpoint: Endpoint
    ) -> None:
        self._tell(Progress("start", f"starting {backend.name}"))
        launch = backend.launch(model, port, self.settings.engine)
        self._process = await server_process.start(launch, self.log, self.key)
        await server_process.healthy(
            self._process,
            endpoint.url,
            self.log,
            self.settings.engine.start_timeout,
            lambda words: self._tell(Progress("start", f"{backend.name}: {words}")),
        )
        if self.settings.engine.serves == "text":
            self._tell(Progress("load", f"warming up {model.name}"))
            await server_process.warm_up(endpoint)
        self.endpoint = endpoint
        rendezvous.write_card(
            self.key,
            pid=os.getpid(),
            url=endpoint.url,
            engine=endpoint.engine,
            model=model.name,
            # Tells this run from the engine's others: each begins without adapters and cache.
            run=uuid.uuid4().hex,
        )
        self._tell(Progress("ready", f"{backend.name} serves {model.name}", 1.0))
        self._say({"endpoint": encode(endpoint)})

    async def _model(self, backend: Backend) -> LocalModel:
        """The backend's weights, got by a child that can be ended at any point."""
        engine = self.settings.engine
        if not backend.needs_model:
            return LocalModel(engine.model, Path(), engine.fim, "bf16")
        command = (sys.executable, "-P", "-m", "assistant.engines.prepare", backend.device)
        handover = {"ASSISTANT_HANDOVER": self.settings.model_dump_json()}
        pipe = asyncio.subprocess.PIPE
        process = self._process = await server_process.guarded(command, handover, pipe, pipe)
        assert process.stdout is not None
        assert process.stderr is not None
        errors = asyncio.create_task(process.stderr.read())
        said: dict[str, Any] = {}
        async for line in process.stdout:
            try:
                said = json.loads(line)
            except ValueError:
                raise EngineError(f"no model: its child said {line[:200]!r}") from None
            if "progress" in said:
                self._tell(Progress(**said["progress"]))
        await process.wait()
        written = (await errors).decode("utf-8", "replace").strip().splitlines()
        if "model" in said:
            values = said["model"]
            return LocalModel(**{**values, "path": Path(values["path"])})
        reason = said.get("error") or (written[-1] if written else "it broke off")
        raise EngineError(f"no model: {reason}")

    async def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await server_process.end(process)

    # Who is told

    def _tell(self, progress: Progress) -> None:
        self._last = {"progress": asdict(progress)}
        self._say(self._last)

    def _say(self, payload: dict[str, Any]) -> None:
        line = json.dumps(payload).encode() + b"\n"
        for writer in self._leases:
            writer.write(line)

    async def _lease(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        self._leases.add(writer)
        if self._last:
            writer.write(json.dumps(self._last).encode() + b"\n")
        if self.endpoint is not None:
            writer.write(json.dumps({"endpoint": encode(self.endpoint)}).encode() + b"\n")
        linger = self.settings.engine.linger
        try:
            while line := await reader.readline():
                if line.strip() == PROBE:
                    # No client: those that it came before must still find the engine.
                    linger = max(FIRST_CLIENT_SECONDS, linger)
                await self._command(line.decode("utf-8", "replace").strip())
        except (ConnectionError, ValueError):
            pass
        finally:
            self._leases.discard(writer)
            writer.close()
            if not self._leases:
                self._count_down(linger)

    async def _command(self, command: str) -> None:
        if command == "stop":
            self.stop()
        elif command == "restart" and self.endpoint is not None and self._process is not None:
            self._wanted_restart = True
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()

    def _count_down(self, seconds: float) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(seconds, self.stop)


def endpoint_of(backend: Backend, model: LocalModel, port: int, settings: Settings) -> Endpoint:
    """Where that backend will answer once it is healthy."""
    from assistant.engines.catalogue import catalogue

    known = catalogue().get(model.name)
    own = model.path / "tokenizer.json"
    given = settings.engine.tokenizer
    return Endpoint(
        url=f"http://127.0.0.1:{port}/v1",
        model=model.name,
        engine=backend.name,
        tokenizer=Path(given) if given else own if own.is_file() else None,
        fim=settings.engine.fim or model.fim or (known.fim if known else ""),
        constraints=backend.constraints,
        inline_first=backend.inline_first,
    )


def encode(endpoint: Endpoint) -> dict[str, Any]:
    """As JSON can carry it."""
    tokenizer = endpoint.tokenizer
    return {**asdict(endpoint), "tokenizer": str(tokenizer) if tokenizer else None}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def claim(key: str, patience: float = 30.0) -> IO[str] | None:
    """The lock on that key; None when another supervisor serves it.

    One that is just ending holds the lock but no longer listens: it is waited for, at most
    ``patience`` seconds. Raises EngineError after that.
    """
    file = rendezvous.lock_path(key).open("a", encoding="utf-8")
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return file
        except BlockingIOError:
            found = rendezvous.connect(key)
            if found is not None:
                _greet(found)
                file.close()
                return None
            if time.monotonic() > deadline:
                file.close()
                raise EngineError(
                    f"another process holds {file.name} but does not answer: end it and try again"
                ) from None
            time.sleep(0.05)


def _greet(other: socket.socket) -> None:
    """Say that this is no client, and let the other end close: what is left unread would reset
    the connection, and the word would be lost."""
    with contextlib.suppress(OSError), other:
        other.settimeout(2.0)
        other.sendall(PROBE + b"\n")
        other.shutdown(socket.SHUT_WR)
        while other.recv(4096):
            pass


async def supervise(settings: Settings) -> bool:
    """Run a supervisor in this process until it is stopped, SIGINT and SIGTERM included.

    False when another one already serves these settings. Raises EngineError.
    """
    supervisor = Supervisor(settings)
    lock = await asyncio.to_thread(claim, supervisor.key)
    if lock is None:
        return False
    with lock:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, supervisor.stop)
        await supervisor.run(rendezvous.listen(supervisor.key))
    return True


def main() -> int:
    settings = Settings.model_validate_json(os.environ.pop("ASSISTANT_HANDOVER"))
    add_plugins(settings.plugins)
    try:
        asyncio.run(supervise(settings))
    except AssistantError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
