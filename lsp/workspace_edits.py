"""A command's edits as LSP's, proposed to the user: no file is touched without their consent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from assistant.commands.protocol import Answer, FileEdit, Place
from assistant.completion.lines import newline_of
from assistant.context.reading import decode
from assistant.errors import UsageError
from assistant.positions import position_at
from assistant.types import PositionEncoding
from lsp.server import AssistantServer

_ANNOTATION = "assistant"
_OTHER = "has changed meanwhile, or is there and was not read (ignored, or too large)"
_TextDocumentEdits = list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit]
_Changes = list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile]


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the client can do with an edit."""

    applies: bool
    confirms: bool
    """It asks its user about edits that need it."""
    versions: bool
    """It knows edits of one version of a document."""
    creates: bool

    @classmethod
    def of(cls, client: types.ClientCapabilities) -> Abilities:
        workspace = client.workspace
        edit = workspace.workspace_edit if workspace else None
        confirms = edit is not None and edit.change_annotation_support is not None
        operations = (edit.resource_operations if edit else None) or ()
        creates = types.ResourceOperationKind.Create in operations
        # Neovim says the first and the last, and means the other as well.
        versions = edit is not None and (bool(edit.document_changes) or confirms or creates)
        applies = workspace is not None and bool(workspace.apply_edit)
        return cls(applies, confirms, versions, creates)


@dataclass(frozen=True, slots=True)
class Given:
    """A text as the command was given it; None where there was no file."""

    uri: str
    text: str | None
    open: bool
    """In the editor; else it is the file's."""


class Proposal:
    """The edits of one command. Made before it runs, to know what it was given. ``place`` may be
    another one of the same folder by the time that :meth:`make` is called."""

    def __init__(self, ls: AssistantServer, place: Place, title: str) -> None:
        self._ls = ls
        self.place = place
        self._title = title
        self.asks = False
        """Ask by a message where the client cannot confirm edits."""
        self._able = Abilities.of(ls.client_capabilities)
        self._given = {b.path: Given(b.uri, b.text, True) for b in ls.session.documents}

    async def make(
        self, answer: Answer, apply: bool | None, summary: str = ""
    ) -> tuple[types.WorkspaceEdit | None, bool]:
        """The edit, None where there is none or its text has changed meanwhile, and whether it
        was applied. ``apply``: True where the user has asked for it already, False to leave it.
        ``summary`` is for the user who is asked.

        Raises UsageError for an edit of what does not belong to the workspace, or of a file that is
        not what the command was shown.
        """
        files: dict[Path, list[FileEdit]] = {}
        for each in sorted(answer.edits, key=lambda edit: (edit.start, edit.end)):
            files.setdefault(each.path, []).append(each)
        if not files:
            return None, False
        await asyncio.to_thread(self._read, [path for path in files if path not in self._given])
        for path in files:
            if path in answer.texts and answer.texts[path] != self._given[path].text:
                raise UsageError(f"{path.name} {_OTHER}: nothing was applied")
        if self._told_of_change(files):
            return None, False
        edit = self._edit(files, summary)
        if not self._able.applies or apply is False:
            return edit, False
        if apply is None and not (self._able.confirms or await self._agreed(files, summary)):
            return edit, False
        why = await self._ask(edit)
        if why is not None and not self._told_of_change(files) and why:
            self._ls.show(" ".join(f"{self._title}: nothing was applied: {why}".split())[:300])
        return edit, why is None

    async def _agreed(self, files: dict[Path, list[FileEdit]], summary: str) -> bool:
        """Whether the user of a client that asks nothing itself says yes; only asked where nobody
        reads the answer."""
        if not self.asks:
            return False
        yes = types.MessageActionItem("Apply")
        where = ", ".join(path.name for path in files)
        said = f"{self._title}: change {where}?" + f" ({summary})" * bool(summary)
        params = types.ShowMessageRequestParams(
            types.MessageType.Info, said, [yes, types.MessageActionItem("Leave it")]
        )
        chosen = await self._ls.window_show_message_request_async(params)
        return chosen is not None and chosen.title == yes.title

    def _read(self, paths: Sequence[Path]) -> None:
        """Files that are open in no editor, as they are on disk."""
        root = self.place.root
        for path in paths:
            if root is None or not path.resolve().is_relative_to(root.resolve()):
                raise UsageError(f"{path} is outside the workspace folder: nothing was applied")
            text, written = None, b""
            try:
                written = path.read_bytes()
                text = decode(written)
            except FileNotFoundError:
                pass
            except OSError as error:
                raise UsageError(f"{path}: {error.strerror}: nothing was applied") from error
            self._given[path] = Given(path.as_uri(), text, False)
            document = self.place.document
            if path == document.path and decode(written) != document.text:
                raise UsageError(f"{path.name} has changed meanwhile: ask again")

    def _told_of_change(self, files: dict[Path, list[FileEdit]]) -> bool:
        """Whether an edited text is another now; the user reads so."""
        now = {buffer.path: buffer for buffer in self._ls.session.documents}
        for path in files:
            given, buffer = self._given[path], now.get(path)
            if buffer is None:
                changed = given.open
            else:
                changed = buffer.oversized or buffer.text != (given.text or "")
            if changed:
                message = f"{path.name} has changed meanwhile: nothing was applied, ask again"
                self._ls.show(f"{self._title}: {message}")
                return True
        return False

    def _edit(self, files: dict[Path, list[FileEdit]], summary: str) -> types.WorkspaceEdit:
        encoding = self._ls.session.documents.encoding
        if not self._able.versions:
            changes = {
                self._given[path].uri: [
                    types.TextEdit(_range(own, self._given[path].text, encoding), self._text(own))
                    for own in edits
                ]
                for path, edits in files.items()
            }
            return types.WorkspaceEdit(changes=changes)
        annotation = _ANNOTATION if self._able.confirms else None
        documents, made = _Changes(), _Changes()
        for path, edits in files.items():
            given = self._given[path]
            if given.text is None and self._able.creates:
                made.append(types.CreateFile(given.uri, annotation_id=annotation))
            into = documents if given.text is not None else made
            into.append(self._document_edit(path, edits, annotation))
        annotations = None
        if annotation:
            label = types.ChangeAnnotation(self._title, True, summary or None)
            annotations = {annotation: label}
        # What exists comes first: a version that does not fit ends it before a file is made.
        return types.WorkspaceEdit(
            document_changes=[*documents, *made], change_annotations=annotations
        )

    def _document_edit(
        self, path: Path, edits: Sequence[FileEdit], annotation: str | None
    ) -> types.TextDocumentEdit:
        given = self._given[path]
        buffer = self._ls.session.documents.get(given.uri)
        version = buffer.version if buffer is not None else None
        identifier = types.OptionalVersionedTextDocumentIdentifier(given.uri, version)
        found = _TextDocumentEdits()
        for own in edits:
            span = _range(own, given.text, self._ls.session.documents.encoding)
            if annotation:
                found.append(types.AnnotatedTextEdit(annotation, span, self._text(own)))
            else:
                found.append(types.TextEdit(span, self._text(own)))
        return types.TextDocumentEdit(identifier, found)

    def _text(self, edit: FileEdit) -> str:
        """With the line ends of its file."""
        text = edit.text.replace("\r\n", "\n")
        return text.replace("\n", newline_of(self._given[edit.path].text or ""))

    async def _ask(self, edit: types.WorkspaceEdit) -> str | None:
        """None when it was applied, else why not: empty where the client gives no reason, as when
        its user has said no."""
        params = types.ApplyWorkspaceEditParams(edit, self._title)
        try:
            answer = await self._ls.workspace_apply_edit_async(params)
        except JsonRpcException as error:
            return error.message
        return None if answer.applied else answer.failure_reason or ""


def _range(edit: FileEdit, text: str | None, encoding: PositionEncoding) -> types.Range:
    start = position_at(text or "", edit.start, encoding)
    end = position_at(text or "", edit.end, encoding)
    return types.Range(
        types.Position(start.line, start.character), types.Position(end.line, end.character)
    )
