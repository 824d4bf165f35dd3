"""Replicas of the fake engine behind the real vllm-router, run as one engine."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from fake_control import FakeControl

from assistant.config import load
from assistant.engines import rendezvous
from assistant.engines.backends import BACKENDS, choose
from assistant.engines.lease import Lease, acquire
from assistant.engines.protocol import LocalModel
from assistant.engines.replication import router
from assistant.engines.replication.launch import HANDOVER, gpus_of, read_plan
from assistant.engines.replication.stuck import end_stuck
from assistant.errors import EngineUnavailable
from assistant.settings import EngineSettings

MODEL = LocalModel("m", Path("/m"), "", "bf16")
USERS, ROUNDS = 6, 4


def cards() -> list[dict[str, Any]]:
    found = rendezvous.read(rendezvous.replicas_path(rendezvous.key(load({"engine.replicas": 2}))))
    return found["replicas"] if found else []


def states() -> list[str]:
    return [card["state"] for card in cards()]


@asynccontextmanager
async def two(fake: FakeControl) -> AsyncIterator[Lease]:
    """Two replicas, both ready."""
    async with asyncio.timeout(60), await acquire(load({"engine.replicas": 2})) as lease:
        await asyncio.to_thread(fake.wait_for, lambda: states() == ["ready", "ready"], 30)
        yield lease


@dataclass
class Answer:
    """``begun``: something of the answer had come; ``whole``: so had its end."""

    status: int = 0
    begun: bool = False
    whole: bool = False


@dataclass
class User:
    """Somebody who types: every prompt begins with the one before."""

    lease: Lease
    name: int
    stream: bool = True
    text: bool = False
    answers: list[Answer] = field(default_factory=list)

    async def type(self, rounds: int) -> None:
        ids = [1000 * self.name + n for n in range(200)]
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            for number in range(rounds):
                prompt = [*ids, *([7] * number)]
                body = {
                    "model": self.lease.endpoint.model,
                    "prompt": " ".join(map(str, prompt)) if self.text else prompt,
                    "max_tokens": 8,
                    "stream": self.stream,
                    "user": str(self.name),
                }
                self.answers.append(Answer())
                await self._ask(http, body, self.answers[-1])

    async def _ask(self, http: httpx.AsyncClient, body: object, answer: Answer) -> None:
        text = b""
        url = f"{self.lease.endpoint.url}/completions"
        try:
            async with http.stream("POST", url, json=body) as response:
                answer.status = response.status_code
                async for data in response.aiter_raw():
                    answer.begun, text = True, text + data
        except httpx.HTTPError:
            return
        answer.whole = b"[DONE]" in text or not self.stream


def served_by(fake: FakeControl) -> dict[str, Counter[int]]:
    """For each user, how many requests each replica had."""
    found: dict[str, Counter[int]] = {}
    for event in fake.events("request"):
        user = event["body"].get("user", "")
        if user != "warm-up":
            found.setdefault(user, Counter())[event["pid"]] += 1
    return found


@pytest.mark.slow
@pytest.mark.parametrize("text", [False, True])
async def test_who_types_on_stays_with_the_replica_that_knows_the_prompt(
    fake_engine: FakeControl, text: bool
) -> None:
    fake_engine.configure(default="a b c d", first_delay_ms=100)
    async with two(fake_engine) as lease:
        assert lease.endpoint.engine == "fake x2"
        await asyncio.gather(*(User(lease, n, text=text).type(ROUNDS) for n in range(USERS)))
        users = served_by(fake_engine)
    assert [sum(each.values()) for each in users.values()] == [ROUNDS] * USERS
    assert all(len(each) == 1 for each in users.values()), users
    # And not all users with the same one.
    assert len({pid for each in users.values() for pid in each}) == 2


@pytest.mark.slow
@pytest.mark.parametrize("stream", [True, False])
async def test_a_replica_that_dies_loses_no_request_that_had_not_begun(
    fake_engine: FakeControl, stream: bool
) -> None:
    fake_engine.configure(default="a b c d", first_delay_ms=60, chunk_delay_ms=20)
    async with two(fake_engine) as lease:
        users = [User(lease, n, stream) for n in range(USERS)]
        typing = asyncio.gather(*(user.type(12) for user in users))
        await asyncio.to_thread(fake_engine.wait_for, lambda: len(fake_engine.requests()) > 12)
        dead, alive = cards()
        os.kill(dead["pid"], signal.SIGKILL)
        await typing
        answers = [answer for user in users for answer in user.answers]
        lost = [a for a in answers if not a.whole]
        assert all(a.begun and a.status == 200 for a in lost), lost
        assert len(lost) <= USERS
        # It comes back, and gets requests again.
        await asyncio.to_thread(fake_engine.wait_for, lambda: states() == ["ready", "ready"], 30)
        assert cards()[0]["pid"] != dead["pid"]
        assert cards()[1]["pid"] == alive["pid"]
        fake_engine.log_path.unlink()
        await asyncio.gather(*(User(lease, 100 + n).type(2) for n in range(USERS)))
        assert len({pid for each in served_by(fake_engine).values() for pid in each}) == 2


@pytest.mark.slow
async def test_a_router_that_dies_is_started_again_and_all_of_it_ends_together(
    fake_engine: FakeControl,
) -> None:
    async with two(fake_engine) as lease:
        root = lease.endpoint.url.removesuffix("/v1")
        port = root.rpartition(":")[2]
        key = rendezvous.key(load({"engine.replicas": 2}))
        (supervisor,) = (rendezvous.read(rendezvous.card_path(key))["pid"],)
        tree = psutil.Process(supervisor).children(recursive=True)
        (old,) = [p for p in tree if _listens(p, int(port))]
        old.kill()
        async with httpx.AsyncClient(trust_env=False) as http:

            async def back() -> bool:
                return len(await router.workers(http, root)) == 2

            while not await back():
                await asyncio.sleep(0.1)
        await User(lease, 1).type(1)
        everything = psutil.Process(supervisor).children(recursive=True)
    _, alive = await asyncio.to_thread(psutil.wait_procs, everything, 20)
    assert not alive
    assert not rendezvous.replicas_path(key).exists()


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        found = process.net_connections("tcp")
    except psutil.Error:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in found)


@pytest.mark.slow
async def test_replicas_that_hang_are_ended_alone(fake_engine: FakeControl) -> None:
    key = rendezvous.key(load({"engine.replicas": 2}))
    async with two(fake_engine) as lease:
        model, before = lease.endpoint.model, cards()
        assert await end_stuck(key, model, 5) == 0
        fake_engine.configure(first_delay_ms=60_000)
        assert await end_stuck(key, model, 0.5) == 2
        fake_engine.configure(first_delay_ms=0)

        def anew() -> bool:
            pids = {card["pid"] for card in cards()}
            return states() == ["ready", "ready"] and not pids & {c["pid"] for c in before}

        await asyncio.to_thread(fake_engine.wait_for, anew, 30)
        user = User(lease, 1)
        await user.type(1)
        assert user.answers[0].whole


@pytest.mark.slow
async def test_adapters_are_in_a_replica_before_it_gets_requests(fake_engine: FakeControl) -> None:
    key = rendezvous.key(load({"engine.replicas": 2, "engine.lora": True}))
    rendezvous.write(rendezvous.adapters_path(key), {"mine-v1": "/adapters/mine-v1"})
    settings = load({"engine.replicas": 2, "engine.lora": True})
    async with asyncio.timeout(60), await acquire(settings):
        await asyncio.to_thread(fake_engine.wait_for, lambda: len(fake_engine.events("load")) == 2)
    paths = {(e["name"], e["path"]) for e in fake_engine.events("load")}
    assert paths == {("mine-v1", "/adapters/mine-v1")}


@pytest.mark.slow
async def test_replicas_that_do_not_start_say_why(fake_engine: FakeControl) -> None:
    fake_engine.configure(exit_at_start=3)
    with pytest.raises(EngineUnavailable, match="no replica stays up: it ended with status 3"):
        async with asyncio.timeout(60):
            await acquire(load({"engine.replicas": 2}))


def test_the_routers_own_parser_takes_its_command_line() -> None:
    from vllm_router.launch_router import parse_router_args

    argv = router.command(8000, 8001, ["http://127.0.0.1:1", "http://127.0.0.1:2"])
    read = parse_router_args(argv[4:])
    assert (read.host, read.port, read.prometheus_port) == ("127.0.0.1", 8000, 8001)
    assert read.worker_urls == ["http://127.0.0.1:1", "http://127.0.0.1:2"]
    assert read.policy == "cache_aware"
    # Else every attempt of a request could go to the same dead replica.
    assert read.cb_failure_threshold < read.retry_max_retries


def test_each_replica_gets_gpus_of_its_own() -> None:
    settings = EngineSettings(gpus=[0, 1, 2, 3], tensor_parallel=2, replicas=3)
    assert [gpus_of(settings, n) for n in range(3)] == [[0, 1], [2, 3], [0, 1]]
    assert gpus_of(EngineSettings(replicas=2), 1) == []


def test_the_plan_of_the_replicas_names_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BACKENDS.get("vllm-cuda").__class__, "unavailable", lambda self: "")
    settings = EngineSettings(backend="vllm-cuda", replicas=2, gpus=[0, 1])
    backend = choose(settings)
    assert backend.name == "vllm-cuda x2"
    launch = backend.launch(MODEL, 8000, settings)
    plan = read_plan(launch.env[HANDOVER])
    assert plan.port == 8000
    assert len({8000, plan.metrics_port, *plan.ports}) == 4
    for n, (argv, env) in enumerate(plan.launches):
        assert f"--port {plan.ports[n]}" in " ".join(argv)
        assert env["CUDA_VISIBLE_DEVICES"] == str(n)
    json.dumps(launch.env)


def test_without_the_router_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "vllm_router" else found(name)
    )
    with pytest.raises(EngineUnavailable, match=r"pip install 'repo-assistant\[router\]'"):
        choose(EngineSettings(backend="vllm-cpu", replicas=2))
