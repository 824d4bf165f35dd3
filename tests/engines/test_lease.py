from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from fake_control import FakeControl

from assistant.config import load
from assistant.engines import lease as lease_module
from assistant.engines import rendezvous
from assistant.engines.client import EngineClient
from assistant.engines.lease import acquire
from assistant.engines.protocol import Endpoint, GenerateRequest, Progress
from assistant.engines.supervisor import claim
from assistant.errors import EngineUnavailable, UsageError
from assistant.settings import Settings

HOLDER = """
import asyncio, sys
from assistant.config import load
from assistant.engines.lease import acquire
async def main():
    lease = await acquire(load())
    print(lease.endpoint.url, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


def servers(fake: FakeControl) -> list[int]:
    """Process ids of the fake engine's servers and their children that are still there."""
    found = [e["pid"] for e in fake.events("start")]
    found += [e["child"] for e in fake.events("start") if e["child"]]
    return [pid for pid in found if _alive(pid)]


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def supervisor_of(pid: int) -> psutil.Process:
    """The supervisor above a server: the server's parent is the guard."""
    guard = psutil.Process(pid).parent()
    assert guard is not None
    supervisor = guard.parent()
    assert supervisor is not None
    return supervisor


def holder() -> subprocess.Popen[str]:
    """Another process that holds a lease; its first line is the engine's URL."""
    return subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True)


async def test_starts_an_engine_and_ends_it_with_the_lease(fake_engine: FakeControl) -> None:
    fake_engine.configure(default="hello", child=True)
    seen: list[Progress] = []
    lease = await acquire(load(), on_progress=seen.append)
    assert lease.endpoint.engine == "fake"
    assert lease.endpoint.fim == "qwen2.5-coder"
    assert next(p.stage for p in seen) == "start"
    client = EngineClient(lease.endpoint)
    assert "".join([c.text async for c in client.generate(GenerateRequest("x", 8))]) == "hello"
    await client.close()
    assert len(servers(fake_engine)) == 2
    await lease.close()
    await lease.close()
    await asyncio.to_thread(fake_engine.wait_for, lambda: not servers(fake_engine))
    key = rendezvous.key(load())
    await asyncio.to_thread(fake_engine.wait_for, lambda: not rendezvous.socket_path(key).exists())


async def test_it_is_warmed_up_before_it_is_ready(fake_engine: FakeControl) -> None:
    async with await acquire(load()):
        bodies = [e["body"] for e in fake_engine.events("request")]
        assert [b["user"] for b in bodies] == ["warm-up", "warm-up"]
        assert "regex" in bodies[1]["structured_outputs"]


@pytest.mark.slow
async def test_clients_share_one_engine_whatever_their_own_settings(
    fake_engine: FakeControl,
) -> None:
    other = load({"engine.linger": 3, "engine.port": 4567, "completion.prefix_tokens": 99})
    async with asyncio.timeout(20):
        first, second = await asyncio.gather(acquire(load()), acquire(other))
    assert first.endpoint == second.endpoint
    process = await asyncio.to_thread(holder)
    assert process.stdout is not None
    assert (await asyncio.to_thread(process.stdout.readline)).strip() == first.endpoint.url
    assert len(fake_engine.events("start")) == 1
    await first.close()
    await second.close()
    assert len(servers(fake_engine)) == 1
    process.kill()
    process.communicate()
    await asyncio.to_thread(fake_engine.wait_for, lambda: not servers(fake_engine))


@pytest.mark.slow
async def test_different_engine_settings_mean_different_engines(fake_engine: FakeControl) -> None:
    async with (
        await acquire(load()) as first,
        await acquire(load({"engine.max_model_len": 1024})) as second,
    ):
        assert first.endpoint.url != second.endpoint.url
        assert len(servers(fake_engine)) == 2


@pytest.mark.slow
async def test_a_second_supervisor_that_looks_does_not_end_the_first(
    fake_engine: FakeControl,
) -> None:
    settings = load({"engine.linger": 0})
    key = rendezvous.key(settings)
    lease_module._spawn(settings, key)
    # As the supervisor of a client that came at the same moment: it looks, and goes again.
    lock = await asyncio.to_thread(claim, key)
    while lock is not None:
        lock.close()
        await asyncio.sleep(0.05)
        lock = await asyncio.to_thread(claim, key)
    await asyncio.sleep(0.5)
    async with await acquire(settings):
        assert len(fake_engine.events("start")) == 1


async def test_lingers_for_the_next_client(fake_engine: FakeControl) -> None:
    settings = load({"engine.linger": 30})
    lease = await acquire(settings)
    await lease.close()
    async with await acquire(settings) as again:
        assert again.endpoint.url == lease.endpoint.url
        await again.stop()
    assert len(fake_engine.events("start")) == 1
    await asyncio.to_thread(fake_engine.wait_for, lambda: not servers(fake_engine))


async def test_a_server_that_dies_is_started_again_at_the_same_address(
    fake_engine: FakeControl,
) -> None:
    fake_engine.configure(default="again", child=True)
    async with await acquire(load()) as lease:
        (server, _) = servers(fake_engine)
        os.kill(server, signal.SIGKILL)
        stages = []
        async for progress in lease.events():
            stages.append(progress.stage)
            if progress.stage == "ready":
                break
        assert "restart" in stages
        client = EngineClient(lease.endpoint)
        assert "".join([c.text async for c in client.generate(GenerateRequest("x", 8))]) == "again"
        await client.close()
        # The dead server's child, an orphan by then, has gone as well.
        assert len(servers(fake_engine)) == 2
        assert len(fake_engine.events("start")) == 2


@pytest.mark.slow
async def test_restart_on_request(fake_engine: FakeControl) -> None:
    async with await acquire(load()) as lease:
        await lease.restart()
        stages = []
        async for progress in lease.events():
            stages.append(progress.stage)
            if progress.stage == "ready" and "restart" in stages:
                break
        assert len(fake_engine.events("start")) == 2


@pytest.mark.slow
async def test_a_killed_supervisor_leaves_no_orphan(fake_engine: FakeControl) -> None:
    fake_engine.configure(child=True)
    lease = await acquire(load())
    server = fake_engine.events("start")[0]["pid"]
    supervisor_of(server).kill()
    assert [p async for p in lease.events() if p.stage == "failed"] == []
    await asyncio.to_thread(fake_engine.wait_for, lambda: not servers(fake_engine))
    await lease.close()
    # What it left on the disk is in nobody's way.
    async with await acquire(load()) as fresh:
        assert fresh.endpoint.model
    assert len(fake_engine.events("start")) == 2


@pytest.mark.slow
async def test_killed_clients_leave_no_orphan(fake_engine: FakeControl) -> None:
    processes = [await asyncio.to_thread(holder) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert (await asyncio.to_thread(process.stdout.readline)).startswith("http")
    assert len(servers(fake_engine)) == 1
    for process in processes:
        process.kill()
        process.communicate()
    await asyncio.to_thread(fake_engine.wait_for, lambda: not servers(fake_engine))


@pytest.mark.slow
async def test_a_killed_guard_leaves_no_orphan(fake_engine: FakeControl) -> None:
    fake_engine.configure(child=True)
    async with await acquire(load()) as lease:
        before = servers(fake_engine)
        guard = psutil.Process(before[0]).parent()
        assert guard is not None
        guard.kill()
        async for progress in lease.events():
            if progress.stage == "ready":
                break
        assert not set(before) & set(servers(fake_engine))


@pytest.mark.slow
async def test_a_server_that_never_starts_gives_up_and_says_why(fake_engine: FakeControl) -> None:
    fake_engine.configure(exit_at_start=3)
    with pytest.raises(EngineUnavailable, match=r"does not stay up.*status 3.*engine-"):
        await acquire(load())
    assert len(fake_engine.events("start")) == 2
    fake_engine.configure(exit_at_start=-1)
    async with await acquire(load()):
        pass


async def test_the_log_of_a_supervisor_that_dies_before_its_engine_starts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dead(*_: object) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.close()
        return ours

    monkeypatch.setattr(lease_module, "_connection", dead)
    with pytest.raises(EngineUnavailable, match=r"see .*/supervisor-\w+\.log"):
        await acquire(load())
    rendezvous.log_path(rendezvous.key(load())).touch()
    with pytest.raises(EngineUnavailable, match=r"see .*/engine-\w+\.log"):
        await acquire(load())


@pytest.mark.slow
async def test_a_server_too_slow_to_start(fake_engine: FakeControl) -> None:
    fake_engine.configure(start_delay_ms=60_000)
    with pytest.raises(EngineUnavailable, match=r"engine\.start_timeout"):
        await acquire(load({"engine.start_timeout": 0.3}))
    await asyncio.to_thread(fake_engine.wait_for, lambda: not servers(fake_engine))


async def test_giving_up_the_wait_gives_up_the_engine(fake_engine: FakeControl) -> None:
    fake_engine.configure(start_delay_ms=60_000)
    waiting = asyncio.create_task(acquire(load()))
    await asyncio.to_thread(fake_engine.wait_for, lambda: servers(fake_engine))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.to_thread(fake_engine.wait_for, lambda: not servers(fake_engine))


async def test_without_start_it_only_looks(fake_engine: FakeControl) -> None:
    with pytest.raises(EngineUnavailable, match="assistant serve"):
        await acquire(load(), start=False)
    async with await acquire(load()) as lease, await acquire(load(), start=False) as found:
        assert found.endpoint == lease.endpoint
    assert len(fake_engine.events("start")) == 1


async def test_an_unknown_backend_is_refused_at_once(home: Path) -> None:
    with pytest.raises(UsageError, match="no backend named 'nope'"):
        await acquire(load({"engine.backend": "nope"}))


@pytest.mark.slow
async def test_a_state_folder_with_a_long_path(
    fake_engine: FakeControl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / ("long-" * 30)))
    async with await acquire(load()) as lease:
        assert lease.endpoint.url


async def test_a_url_is_asked_for_its_model(
    fake_endpoint: Endpoint, fake_engine: FakeControl
) -> None:
    lease = await acquire(load({"engine.url": fake_endpoint.url}))
    assert lease.endpoint.model == "fake"
    assert lease.endpoint.constraints is False
    waiting = asyncio.create_task(anext(aiter(lease.events()), None))
    await lease.close()
    assert await waiting is None
    assert fake_engine.events("request") == []


async def test_a_url_where_nobody_answers(home: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        with pytest.raises(EngineUnavailable, match="does not answer"):
            await acquire(load({"engine.url": url}))


def test_the_key_tells_engines_apart() -> None:
    base = Settings()
    same = load({"engine.linger": 1, "engine.port": 9, "lsp.cache_size": 1})
    other = load({"engine.precision": "bf16"})
    assert rendezvous.key(base) == rendezvous.key(same) != rendezvous.key(other)
