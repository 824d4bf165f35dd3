"""Inline completion as the product gives it, for clients that send a prefix and a suffix.

The language server's own path (context, layout, stopping, filters), with the repositories of
the workspaces that the gateway may read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from assistant.completion.completer import Completer
from assistant.context.repositories import Repositories
from assistant.engines.client import EngineClient
from assistant.engines.protocol import Endpoint, GenerateRequest
from assistant.errors import EngineError, EngineUnavailable
from assistant.gateway.errors import Busy, EngineDown, EngineFailed, Superseded
from assistant.gateway.waiting import Silence, unless
from assistant.gateway.window import widened
from assistant.gateway.work import Kind, Work
from assistant.gateway.workspaces import Place, Workspaces
from assistant.prompts.template import find
from assistant.types import Completion, CompletionRequest, Document, Snippet, Terms

if TYPE_CHECKING:
    from assistant.gateway.call import Call
    from assistant.gateway.engine import Engine
    from assistant.gateway.gateway import Gateway
    from assistant.gateway.scheduler import Turn

AGAIN = 5.0
"""Seconds that a client is told to wait for an engine that has gone."""
WARM_SECONDS = 10.0
"""Most that warming the engine up for a prompt may take, its wait for a pause included."""


class _Wanted(Exception):
    """Somebody types, and needs the place in the engine."""


class Inline:
    """One for a gateway: a completer for each engine, an index for each allowed workspace.

    Cancelling what waits for a completion closes the engine's request, and so does a newer
    request for the same document.
    """

    def __init__(self, gateway: Gateway) -> None:
        settings = gateway.settings
        self.workspaces = Workspaces(settings.gateway.workspaces)
        self._gateway = gateway
        self._largest = settings.context.max_file_bytes
        self._repositories = Repositories(settings.context)
        self._completers: dict[str, Completer] = {}
        self._latest: dict[str, asyncio.Event] = {}
        self._silence = Silence(settings.gateway.silence_seconds)

    def start(self) -> None:
        """Begin to open and refresh the workspaces' indexes, in the background."""
        for root in self.workspaces.roots:
            self._repositories.add(root)

    async def close(self) -> None:
        for completer in self._completers.values():
            await completer.close()
        await self._repositories.close()

    async def request(
        self,
        place: Place,
        prefix: str,
        suffix: str,
        language: str = "",
        snippets: Sequence[Snippet] | None = None,
        terms: Terms | None = None,
    ) -> CompletionRequest:
        """A request at the end of ``prefix``, with the rest of the file where that can be had."""
        if place.root in self.workspaces.roots:
            prefix, suffix = await asyncio.to_thread(
                widened, prefix, suffix, place.path, self._largest
            )
        document = Document(place.path, prefix + suffix, language)
        return CompletionRequest(
            document, len(prefix), place.root, snippets=snippets, terms=terms or Terms()
        )

    async def complete(
        self, engine: Engine, request: CompletionRequest, work: Work, call: Call
    ) -> Completion:
        """The product's answer. Raises Refusal."""
        return (await self.several(engine, [request], work, call))[0]

    async def several(
        self, engine: Engine, requests: Sequence[CompletionRequest], work: Work, call: Call
    ) -> list[Completion]:
        """The product's answers to requests for one place, which differ in their terms: asked
        at once, in one turn. Raises Refusal."""
        superseded = Superseded("a newer request for this document came")
        with self._newest(work) as newer:
            while True:
                with suppress(_Wanted):
                    answers = self._complete(engine, requests, work, call)
                    return await unless(newer, answers, superseded)

    async def warm(
        self, engine: Engine, request: CompletionRequest, work: Work, call: Call
    ) -> Completion | None:
        """Have the engine read the prompt of ``request``, so that the next one that begins like
        it is answered sooner. In a pause of other work, and left off when somebody types: then
        None. Raises Refusal."""
        short = replace(request, terms=replace(request.terms, max_tokens=1))
        try:
            async with asyncio.timeout(WARM_SECONDS):
                return (await self._complete(engine, [short], work, call))[0]
        except (Busy, TimeoutError, _Wanted):
            return None

    async def raw(self, engine: Engine, prompt: str, terms: Terms, work: Work, call: Call) -> str:
        """The engine's own answer to ``prompt`` as it is. Raises Refusal."""
        async with self._turn(engine, work, call):
            endpoint = await engine.ready()
            template = find(engine.settings.engine.fim or endpoint.fim, endpoint.model)
            asked = GenerateRequest(
                prompt,
                terms.max_tokens,
                engine.settings.completion.temperature,
                stop=template.stop[:4],
                extra=self._fields(engine, endpoint, terms, work, call),
                headers=call.to_engine(),
            )
            text = ""
            client = EngineClient(endpoint, self._gateway.settings.gateway.silence_seconds)
            try:
                with _translated():
                    async with aclosing(client.generate(asked)) as chunks:
                        async for chunk in chunks:
                            text += chunk.text
                            call.prompt_tokens = chunk.prompt_tokens or call.prompt_tokens
                            call.generated_tokens = chunk.generated_tokens or call.generated_tokens
            finally:
                await client.close()
        return text

    async def snippets(self, engine: Engine, request: CompletionRequest) -> list[Snippet]:
        """What of its workspace a request would be shown. Raises Refusal."""
        completer = self._completer(engine, await engine.ready())
        with _translated():
            return await completer.snippets(request)

    async def prompt(self, engine: Engine, request: CompletionRequest) -> str:
        """What the engine would be sent, as text. Raises Refusal."""
        completer = self._completer(engine, await engine.ready())
        with _translated():
            return await completer.prompt(request)

    async def _complete(
        self, engine: Engine, requests: Sequence[CompletionRequest], work: Work, call: Call
    ) -> list[Completion]:
        async with self._turn(engine, work, call) as turn:
            endpoint = await engine.ready()
            completer = self._completer(engine, endpoint)
            asked = []
            for one in requests:
                fields = self._fields(engine, endpoint, one.terms, work, call)
                terms = replace(one.terms, fields=fields, headers=call.to_engine)
                asked.append(replace(one, terms=terms))
            with _translated():
                try:
                    done = await unless(turn.wanted, _all(completer, asked), _Wanted())
                except EngineUnavailable:
                    if engine.served.replicas == 1:
                        raise
                    # One replica of several has gone: nothing was shown yet, so ask another.
                    done = await unless(turn.wanted, _all(completer, asked), _Wanted())
        for answer in done:
            self._silence.heard(engine, answer)
        call.prompt_tokens, call.cached_tokens = done[0].prompt_tokens, done[0].cached_tokens
        call.generated_tokens = sum(answer.generated_tokens for answer in done)
        return done

    @asynccontextmanager
    async def _turn(self, engine: Engine, work: Work, call: Call) -> AsyncIterator[Turn]:
        call.queued = call.queued or time.monotonic()
        async with engine.turn(work) as turn:
            call.granted = call.granted or time.monotonic()
            yield turn

    def _fields(
        self, engine: Engine, endpoint: Endpoint, terms: Terms, work: Work, call: Call
    ) -> dict[str, Any]:
        fields = dict(terms.fields)
        if (name := self._gateway.pool.named(engine, call.model)) != endpoint.model:
            fields["model"] = name
        if endpoint.constraints:
            fields["priority"] = int(work.kind)
        return fields

    def _completer(self, engine: Engine, endpoint: Endpoint) -> Completer:
        found = self._completers.get(engine.name)
        if found is None:
            found = self._completers[engine.name] = Completer(engine.settings, self._repositories)
        found.connect(endpoint)
        return found

    @contextmanager
    def _newest(self, work: Work) -> Iterator[asyncio.Event]:
        """What is set once a newer request for the same document has come."""
        newer = asyncio.Event()
        if work.document and work.kind is Kind.INLINE:
            if older := self._latest.get(work.document):
                older.set()
            self._latest[work.document] = newer
        try:
            yield newer
        finally:
            if self._latest.get(work.document) is newer:
                del self._latest[work.document]


async def _all(completer: Completer, requests: Sequence[CompletionRequest]) -> list[Completion]:
    """The answers, in order; when one fails the others are cancelled and its error raised."""
    if len(requests) == 1:
        return [await completer.complete(requests[0])]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(completer.complete(request)) for request in requests]
    except ExceptionGroup as several:
        raise several.exceptions[0] from None
    return [task.result() for task in tasks]


def left(call: Call) -> Response:
    """What is answered to a client that is no longer there."""
    call.outcome = "gone"
    return Response(status_code=499)


@contextmanager
def _translated() -> Iterator[None]:
    """The engine client's errors as refusals."""
    try:
        yield
    except EngineUnavailable as error:
        raise EngineDown(str(error), retry_after=AGAIN) from error
    except EngineError as error:
        raise EngineFailed(str(error)) from error
