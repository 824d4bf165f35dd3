"""``textDocument/completion``: the same suggestion, for clients without ghost text."""

from __future__ import annotations

from lsprotocol import types

from lsp.inline_completion import ACCEPT, span
from lsp.server import AssistantServer


def wanted(ls: AssistantServer) -> bool:
    """Whether this client has no inline completion and so needs the menu.

    Others would show everything twice.
    """
    document = ls.client_capabilities.text_document
    return document is None or document.inline_completion is None


async def completion(ls: AssistantServer, params: types.CompletionParams) -> types.CompletionList:
    documents = ls.session.documents
    buffer = documents.get(params.text_document.uri)
    nothing = types.CompletionList(is_incomplete=True, items=[])
    if buffer is None:
        return nothing
    documents.use(buffer.uri)
    at = params.position
    offset = buffer.offset(at.line, at.character, documents.encoding)
    kind = params.context.trigger_kind if params.context else None
    automatic = kind is not None and kind != types.CompletionTriggerKind.Invoked
    request = ls.session.request(buffer, offset, automatic)
    found = await ls.session.suggest(request) if request is not None else None
    if found is None or request is None or buffer.text != request.document.text:
        return nothing
    identifier, answer = found
    # Menus match what was typed of the word against the item: it has to start with it.
    line, _ = buffer.line_bounds(buffer.line_of(answer.start))
    start = answer.start
    while start > line and (buffer.text[start - 1].isalnum() or buffer.text[start - 1] == "_"):
        start -= 1
    word = buffer.text[start : answer.start]
    text = word + answer.text
    first, _, rest = text.partition("\n")
    replaced = span(answer, buffer, documents)
    begin = buffer.position(start, documents.encoding)
    replaced.start = types.Position(begin.line, begin.character)
    item = types.CompletionItem(
        label=first.strip() + (" …" if rest else ""),
        kind=types.CompletionItemKind.Snippet if rest else types.CompletionItemKind.Text,
        detail="assistant",
        documentation=types.MarkupContent(types.MarkupKind.PlainText, text) if rest else None,
        preselect=True,
        sort_text="\0",
        filter_text=first.strip() or word,
        insert_text_format=types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(replaced, text),
        command=types.Command("Accept suggestion", ACCEPT, arguments=[identifier]),
    )
    return types.CompletionList(is_incomplete=True, items=[item])


def register(server: AssistantServer) -> None:
    options = types.CompletionOptions(trigger_characters=[".", "(", "[", "{", ",", "=", ":", " "])
    server.feature(types.TEXT_DOCUMENT_COMPLETION, options)(completion)
