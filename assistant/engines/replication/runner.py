"""Runs the replicas of one engine and the router in front of them.

    python -m assistant.engines.replication.runner      (ASSISTANT_REPLICAS: a plan as JSON)

The supervisor runs it under the guard like any server, so everything here ends with it. The
replicas are started one after the other, each waited for: two that start together would take
each other's memory for their own. The router comes with the first of them and is told of each
that comes or goes, so a replica that dies gets no request from that moment on; it is started
anew and joins again. When no replica lives and one does not stay up, the runner ends and says
why.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

from assistant.engines import adapters, rendezvous, server_process
from assistant.engines.protocol import Launch
from assistant.engines.replication import router
from assistant.engines.replication.launch import HANDOVER, Plan, read_plan
from assistant.engines.replication.replica import Replica
from assistant.engines.server_process import ServerDied
from assistant.errors import AssistantError, EngineError

DEATHS = 3
"""In a row, each within STEADY_SECONDS of the start, before a replica alone is given up."""
STEADY_SECONDS = 60.0
FIRST_PAUSE, MOST_PAUSE = 0.5, 30.0
ROUTER_SECONDS = 30.0


class Runner:
    def __init__(self, plan: Plan, key: str) -> None:
        self._plan = plan
        self._key = key
        self._url = f"http://127.0.0.1:{plan.port}"
        log = rendezvous.log_path(key)
        self._replicas = [
            Replica(plan.url(n), Launch(argv, env), log.with_suffix(f".{n}.log"))
            for n, (argv, env) in enumerate(plan.launches)
        ]
        self._router_log = log.with_suffix(".router.log")
        self._router: asyncio.subprocess.Process | None = None
        self._starting = asyncio.Lock()
        self._joining = asyncio.Lock()
        self._http = adapters.client()

    async def run(self) -> None:
        """Until it is ended. Raises EngineError when no replica stays up."""
        async with asyncio.TaskGroup() as group:
            for replica in self._replicas:
                group.create_task(self._keep(replica))
            group.create_task(self._keep_router())

    async def _keep(self, replica: Replica) -> None:
        while True:
            began = time.monotonic()
            try:
                async with self._starting:
                    self._set(replica, "starting")
                    await replica.start(self._plan, self._key, self._http)
                    await self._join(replica)
                reason = await replica.until_dead(self._http)
            except (ServerDied, EngineError) as died:
                reason = str(died)
            steady = replica.state == "ready" and time.monotonic() - began > STEADY_SECONDS
            replica.deaths = 1 if steady else replica.deaths + 1
            await self._leave(replica, reason)
            if replica.deaths >= DEATHS and not self._ready():
                raise EngineError(f"no replica stays up: {reason}")
            await asyncio.sleep(min(MOST_PAUSE, FIRST_PAUSE * 2 ** (replica.deaths - 1)))

    async def _join(self, replica: Replica) -> None:
        async with self._joining:
            if self._router is None:
                await self._start_router([replica.url])
            else:
                await router.add(self._http, self._url, replica.url)
        self._set(replica, "ready", replica.detail)

    async def _leave(self, replica: Replica, reason: str) -> None:
        _say(f"{replica.url}: {reason}")
        self._set(replica, "dead", reason)
        async with self._joining:
            if self._router is not None:
                try:
                    await router.remove(self._http, self._url, replica.url)
                except EngineError as error:
                    _say(str(error))
        await replica.stop()

    async def _keep_router(self) -> None:
        """One that dies is started anew, in front of who is there then."""
        while True:
            process = self._router
            if process is None:
                await asyncio.sleep(0.1)
                continue
            status = await process.wait()
            _say(f"router: {server_process.why_it_died(status, self._router_log)}")
            async with self._joining:
                await server_process.stop(process)
                self._router = None
                if ready := self._ready():
                    await self._start_router([replica.url for replica in ready])
            await asyncio.sleep(FIRST_PAUSE)

    async def _start_router(self, workers: list[str]) -> None:
        """Raises EngineError when it does not come up."""
        argv = router.command(self._plan.port, self._plan.metrics_port, workers)
        process = await server_process.start(Launch(argv), self._router_log, self._key)
        try:
            await server_process.healthy(
                process, self._url, self._router_log, ROUTER_SECONDS, lambda _: None
            )
        except ServerDied as died:
            await server_process.stop(process)
            raise EngineError(f"vllm-router: {died}") from died
        self._router = process

    def _ready(self) -> list[Replica]:
        return [replica for replica in self._replicas if replica.state == "ready"]

    def _set(self, replica: Replica, state: str, detail: str = "") -> None:
        replica.state, replica.detail = state, detail  # type: ignore[assignment]
        values = {
            "metrics": f"http://127.0.0.1:{self._plan.metrics_port}/metrics",
            "replicas": [each.card() for each in self._replicas],
        }
        rendezvous.write(rendezvous.replicas_path(self._key), values)


def _say(words: str) -> None:
    """To the log of the engine, where the supervisor looks for the last error."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> int:
    key = os.environ["ASSISTANT_ENGINE_KEY"]
    plan = read_plan(os.environ.pop(HANDOVER))
    try:
        asyncio.run(Runner(plan, key).run())
    except* AssistantError as errors:
        _say(f"EngineError: {errors.exceptions[0]}")
    finally:
        rendezvous.replicas_path(key).unlink(missing_ok=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
