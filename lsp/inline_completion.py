"""``textDocument/inlineCompletion``: ghost text."""

from __future__ import annotations

from lsprotocol import types

from assistant.types import Completion
from lsp.documents import Buffer, Documents
from lsp.server import AssistantServer

ACCEPT = "assistant.accept"
"""The command that an item carries; clients send it back when the user takes the item."""


async def inline_completion(
    ls: AssistantServer, params: types.InlineCompletionParams
) -> types.InlineCompletionList:
    documents = ls.session.documents
    buffer = documents.get(params.text_document.uri)
    if buffer is None:
        return types.InlineCompletionList(items=[])
    documents.use(buffer.uri)
    at = params.position
    offset = buffer.offset(at.line, at.character, documents.encoding)
    automatic = params.context.trigger_kind != types.InlineCompletionTriggerKind.Invoked
    request = ls.session.request(buffer, offset, automatic, _selected(params, buffer, documents))
    found = await ls.session.suggest(request) if request is not None else None
    if found is None or request is None or buffer.text != request.document.text:
        return types.InlineCompletionList(items=[])
    identifier, completion = found
    item = types.InlineCompletionItem(
        insert_text=completion.text,
        range=span(completion, buffer, documents),
        command=types.Command(title="Accept suggestion", command=ACCEPT, arguments=[identifier]),
    )
    return types.InlineCompletionList(items=[item])


def span(completion: Completion, buffer: Buffer, documents: Documents) -> types.Range:
    """What the completion replaces, in the client's units."""
    start = buffer.position(completion.start, documents.encoding)
    end = buffer.position(completion.end, documents.encoding)
    return types.Range(
        start=types.Position(start.line, start.character),
        end=types.Position(end.line, end.character),
    )


def _selected(
    params: types.InlineCompletionParams, buffer: Buffer, documents: Documents
) -> tuple[int, str] | None:
    """The item selected in the editor's own menu: where it starts, and its text."""
    selected = params.context.selected_completion_info
    if selected is None or not selected.text:
        return None
    start = selected.range.start
    return buffer.offset(start.line, start.character, documents.encoding), selected.text


def register(server: AssistantServer) -> None:
    # Without options the protocol library never advertises the feature.
    server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())(
        inline_completion
    )
