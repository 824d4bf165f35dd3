"""One completion, from the cursor to the text that is shown.

context (what of the repository helps) → layout (the prompt) → engine (streamed) → stopping
(as soon as the scope has ended, the stream is closed and the engine stops) → filters and the
check in place.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.completion.refine import refine
from assistant.completion.scope import Plan, plan
from assistant.completion.site import Site
from assistant.completion.stopping import Stopper
from assistant.context.pack import pack
from assistant.engines.client import EngineClient
from assistant.engines.protocol import Endpoint, GenerateRequest
from assistant.errors import AssistantError, EngineUnavailable
from assistant.prompts.layout import Prompt, build
from assistant.prompts.template import FimTemplate, find
from assistant.prompts.tokenizer import EstimatingTokenizer, Tokenizer, tokenizer_of
from assistant.settings import Settings
from assistant.types import Completion, CompletionRequest, Snippet, Timings

if TYPE_CHECKING:
    from assistant.context.repository import Repository

# A larger file is somebody's data. The editor would wait for its copying alone.
MAX_DOCUMENT_CHARS = 10_000_000


@dataclass(frozen=True, slots=True)
class _Connection:
    client: EngineClient
    template: FimTemplate
    tokenizer: Tokenizer


@dataclass(slots=True)
class _Answer:
    """What has come of the stream so far."""

    text: str = ""
    finish_reason: str = ""
    cached_tokens: int = 0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    accepted: float = 0.0
    first_token: float = 0.0
    """When, on :func:`time.perf_counter`; 0 for not yet."""


class Completer:
    """Answers completion requests. One event loop; any number of requests at a time.

    ``repository`` gives the index of a workspace folder, or None where there is none.
    Cancelling the task of :meth:`complete` closes the connection to the engine, which then
    stops computing.
    """

    def __init__(self, settings: Settings, repository: Callable[[Path], Repository | None]) -> None:
        self._settings = settings
        self._repository = repository
        self._endpoint: Endpoint | None = None
        self._connecting: asyncio.Task[_Connection] | None = None

    def connect(self, endpoint: Endpoint | None) -> None:
        """Ask this engine from now on; None means that there is none."""
        if endpoint == self._endpoint:
            return
        self._endpoint = endpoint
        self._discard()
        if endpoint is not None:
            self._connecting = asyncio.ensure_future(self._open(endpoint))

    async def close(self) -> None:
        task = self._discard()
        if task is not None:
            await asyncio.wait([task])

    async def complete(
        self, request: CompletionRequest, on_text: Callable[[str], None] | None = None
    ) -> Completion:
        """The text to insert at the cursor; empty, with ``dropped`` saying why, if there is none.

        ``on_text`` is given all the text generated so far, uncut, each time it grows.
        Raises EngineUnavailable when there is no engine, EngineError when it refuses.
        """
        began = time.perf_counter()
        if len(request.document.text) > MAX_DOCUMENT_CHARS:
            return _nothing(request, "the file is too large")
        connection = await self._connected()
        asked, request = request, with_selection(request)
        site = Site.of(request.document, request.offset)
        scope = plan(site, self._settings.completion, request.automatic)
        if 0 < request.terms.max_tokens < scope.max_tokens:
            scope = replace(scope, max_tokens=request.terms.max_tokens)
        snippets = await self.snippets(request, connection.tokenizer)
        prompt = self._prompt(request, site, snippets, connection)
        ready = time.perf_counter()
        answer = _Answer()
        stopper = Stopper(site, scope)
        try:
            async with asyncio.timeout(self._settings.completion.timeout):
                await self._stream(
                    connection.client, prompt, scope, stopper, answer, on_text, request
                )
        except TimeoutError:
            # What there is may still be useful.
            answer.finish_reason = "length"
        draft = refine(site, scope, answer.text, answer.finish_reason)
        text, start = draft.text, request.offset
        if asked.selected is not None and text:
            start, text = asked.selected[0], asked.selected[1] + text
        return Completion(
            text=text,
            start=start,
            end=asked.offset + draft.end - request.offset,
            engine=connection.client.endpoint.engine,
            model=connection.client.endpoint.model,
            snippets=tuple(snippets),
            prompt_tokens=answer.prompt_tokens or prompt.tokens,
            cached_tokens=answer.cached_tokens,
            generated_tokens=answer.generated_tokens,
            timings=Timings(
                context=_ms(began, ready),
                queue=_ms(ready, answer.accepted),
                first_token=_ms(began, answer.first_token),
                total=_ms(began, time.perf_counter()),
            ),
            applied=draft.applied,
            dropped=draft.dropped,
        )

    async def snippets(
        self, request: CompletionRequest, tokenizer: Tokenizer | None = None
    ) -> list[Snippet]:
        """What of the repository, or of what the request brings, it would be shown, in prompt
        order.

        Without a ``tokenizer`` the connected engine's is used, else an estimate.
        """
        settings, supplied, repository = self._settings.context, request.snippets, None
        if supplied is None and settings.enabled and request.root:
            repository = self._repository(request.root)
        if not settings.budget_tokens or (supplied is None and repository is None):
            return []
        if tokenizer is None:
            connected = self._connecting is not None
            tokenizer = (await self._connected()).tokenizer if connected else EstimatingTokenizer()
        count, budget = tokenizer.count, settings.budget_tokens
        if supplied is not None:
            return await asyncio.to_thread(pack, supplied, count, budget)
        assert repository is not None
        return await asyncio.to_thread(repository.retrieve, request, count, budget)

    async def prompt(self, request: CompletionRequest) -> str:
        """What the engine would be sent for this request, as text: for people."""
        connection = await self._connected()
        request = with_selection(request)
        site = Site.of(request.document, request.offset)
        snippets = await self.snippets(request, connection.tokenizer)
        content = self._prompt(request, site, snippets, connection).content
        return content if isinstance(content, str) else connection.tokenizer.decode(content)

    async def _connected(self) -> _Connection:
        if self._connecting is None:
            raise EngineUnavailable("no engine is running: start one with `assistant serve`")
        # Shielded: a request that is cancelled must not take the connection with it.
        return await asyncio.shield(self._connecting)

    async def _open(self, endpoint: Endpoint) -> _Connection:
        tokenizer = await asyncio.to_thread(tokenizer_of, endpoint.tokenizer)
        template = find(self._settings.engine.fim or endpoint.fim, endpoint.model)
        # A request ends by its own limit, with what it has by then: the client's comes later.
        patience = self._settings.completion.timeout + 10
        return _Connection(EngineClient(endpoint, patience), template, tokenizer)

    def _discard(self) -> asyncio.Task[None] | None:
        task, self._connecting = self._connecting, None
        return asyncio.ensure_future(_close(task)) if task is not None else None

    def _prompt(
        self,
        request: CompletionRequest,
        site: Site,
        snippets: list[Snippet],
        connection: _Connection,
    ) -> Prompt:
        document, root = request.document, request.root
        return build(
            document.text,
            request.offset,
            relative(document.path, root),
            snippets,
            connection.template,
            connection.tokenizer,
            self._settings.completion,
            repository=root.name if root else "",
            line_comment=(site.language.line_comment if site.language else "") or "#",
            constraints=connection.client.endpoint.constraints,
        )

    async def _stream(
        self,
        client: EngineClient,
        prompt: Prompt,
        scope: Plan,
        stopper: Stopper,
        answer: _Answer,
        on_text: Callable[[str], None] | None,
        request: CompletionRequest,
    ) -> None:
        """Fill ``answer`` until the scope has ended; closing the stream stops the engine."""
        asked = GenerateRequest(
            prompt=prompt.content,
            max_tokens=scope.max_tokens,
            temperature=self._settings.completion.temperature,
            stop_token_ids=prompt.stop_token_ids,
            stop=() if prompt.stop_token_ids else prompt.stop,
            regex=prompt.regex,
            extra=request.terms.fields,
            headers=request.terms.headers(),
            since=request.asked,
        )
        seconds = request.terms.seconds
        raw = ""
        async with aclosing(client.generate(asked)) as chunks:
            async for chunk in chunks:
                answer.prompt_tokens = chunk.prompt_tokens or answer.prompt_tokens
                answer.cached_tokens = chunk.cached_tokens or answer.cached_tokens
                answer.generated_tokens = chunk.generated_tokens or answer.generated_tokens
                answer.accepted = answer.accepted or time.perf_counter()
                if not chunk.text:
                    answer.finish_reason = chunk.finish_reason or answer.finish_reason
                    continue
                answer.first_token = answer.first_token or time.perf_counter()
                answer.finish_reason = chunk.finish_reason
                raw += chunk.text
                answer.text = after_healing(raw, prompt.healed)
                if on_text is not None:
                    on_text(answer.text)
                cut = stopper.feed(answer.text)
                if cut is not None:
                    answer.text, answer.finish_reason = answer.text[:cut], "stop"
                    return
                late = seconds and time.perf_counter() - answer.first_token > seconds
                if late and "\n" in answer.text and not answer.finish_reason:
                    answer.finish_reason = "timeout"
                    return


def relative(path: Path, root: Path | None) -> str:
    """``path`` as the model is shown it: below the workspace folder, forward slashes."""
    if root is not None and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return path.name


def with_selection(request: CompletionRequest) -> CompletionRequest:
    """The request as it would be had the user accepted the item selected in the menu.

    LSP 3.18 ``selectedCompletionInfo``: the suggestion must extend that item.
    """
    if request.selected is None:
        return request
    start, item = request.selected
    text = request.document.text
    document = replace(request.document, text=text[:start] + item + text[request.offset :])
    return replace(request, document=document, offset=start + len(item), selected=None)


def after_healing(raw: str, healed: str) -> str:
    """The answer without the text that it had to start with.

    An engine that knows no constraints may have started otherwise; then the answer does not
    belong here and nothing of it is kept.
    """
    return raw[len(healed) :] if raw.startswith(healed) else ""


def _nothing(request: CompletionRequest, why: str) -> Completion:
    return Completion(text="", start=request.offset, end=request.offset, dropped=why)


def _ms(start: float, end: float) -> float:
    """Milliseconds from ``start`` to ``end``, 0 when ``end`` never came."""
    return round(max(end - start, 0.0) * 1000, 2)


async def _close(connecting: asyncio.Task[_Connection]) -> None:
    connecting.cancel()
    with suppress(asyncio.CancelledError, AssistantError):
        await (await connecting).client.close()
