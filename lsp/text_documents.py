"""``textDocument/didOpen``, ``didChange``, ``didSave``, ``didClose``."""

from __future__ import annotations

from lsprotocol import types

from assistant.types import Position, Range
from lsp.server import AssistantServer


def did_open(ls: AssistantServer, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    ls.session.documents.open(item.uri, item.text, item.language_id, item.version)


def did_change(ls: AssistantServer, params: types.DidChangeTextDocumentParams) -> None:
    documents = ls.session.documents
    buffer = documents.get(params.text_document.uri)
    if buffer is None:
        return
    documents.use(buffer.uri)
    start = end = 0
    for change in params.content_changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            if buffer.oversized:
                continue
            start, end = buffer.edit(_range(change.range), change.text, documents.encoding)
        else:
            start, end = _difference(buffer.text, change.text)
            buffer.replace_all(change.text)
    buffer.version = params.text_document.version
    if buffer.oversized:
        return
    ls.session.changed(buffer, start, end)


def did_save(ls: AssistantServer, params: types.DidSaveTextDocumentParams) -> None:
    buffer = ls.session.documents.get(params.text_document.uri)
    if buffer is not None and buffer.in_file:
        ls.session.repositories.touched(buffer.path)


def did_close(ls: AssistantServer, params: types.DidCloseTextDocumentParams) -> None:
    buffer = ls.session.documents.close(params.text_document.uri)
    if buffer is not None:
        ls.session.closed(buffer)


def _range(span: types.Range) -> Range:
    return Range(
        Position(span.start.line, span.start.character),
        Position(span.end.line, span.end.character),
    )


def _difference(old: str, new: str) -> tuple[int, int]:
    """Offsets in ``new`` between which it differs from ``old``."""
    least = min(len(old), len(new))
    low, high = 0, least
    while low < high:  # halving compares in C; a loop over characters would not
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    start = low
    low, high = 0, least - start
    while low < high:
        middle = (low + high + 1) // 2
        if old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]:
            low = middle
        else:
            high = middle - 1
    return start, len(new) - low


def register(server: AssistantServer) -> None:
    server.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    server.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE)(did_save)
    server.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)
