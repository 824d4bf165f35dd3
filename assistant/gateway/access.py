"""What a route asks of its client: a scope, how important the work is, which file it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer
from pydantic.json_schema import SkipJsonSchema

from assistant.gateway.call import Call, call_of
from assistant.gateway.errors import BadRequest, NotAllowed
from assistant.gateway.work import Kind, Work
from assistant.gateway.workspaces import Place

if TYPE_CHECKING:
    from assistant.gateway.gateway import Gateway

BEARER = HTTPBearer(auto_error=False, description="A key that `assistant keys add` made.")
PRIORITY, DOCUMENT = "X-Assistant-Priority", "X-Assistant-Document"
WORKSPACE, PATH = "X-Assistant-Workspace", "X-Assistant-Path"


def needs(scope: str) -> Any:
    """A dependency that gives the Call, of a key with that scope. Raises NotAllowed."""

    def check(request: Request, _: Annotated[Any, Depends(BEARER)]) -> Call:
        call = call_of(request)
        if scope not in call.key.scopes:
            raise NotAllowed(f"the key {call.key.name} may not do this: it lacks the scope {scope}")
        return call

    return Depends(check)


_Said = str | SkipJsonSchema[None]
_WORDS: dict[str, Any] = {"enum": [kind.word for kind in Kind]}


async def _work_headers(
    priority: Annotated[
        _Said,
        Header(
            alias=PRIORITY,
            description="A kind of work that is less urgent than the route's own.",
            json_schema_extra=_WORDS,
        ),
    ] = None,
    document: Annotated[
        _Said,
        Header(
            alias=DOCUMENT,
            description="A name that no other document of this key and address has: a newer "
            "completion for it takes the place of an older one.",
        ),
    ] = None,
) -> None:
    """For the OpenAPI document; :func:`work_of` reads them."""


async def _place_headers(
    workspace: Annotated[
        _Said,
        Header(alias=WORKSPACE, description="A folder, as `gateway.workspaces` names it."),
    ] = None,
    path: Annotated[_Said, Header(alias=PATH, description="The file, below that folder.")] = None,
) -> None:
    """For the OpenAPI document; :func:`place_of` reads them."""


OF_WORK, OF_PLACE = Depends(_work_headers), Depends(_place_headers)
"""Dependencies that declare the headers of a route."""


def work_of(request: Request, call: Call, kind: Kind, document: str = "") -> Work:
    """The work of a request; its headers may say that it is less urgent than its kind, and
    which document it is for. Raises BadRequest."""
    if asked := request.headers.get(PRIORITY, ""):
        named = Kind.named(asked)
        if named is None:
            words = ", ".join(k.word for k in Kind)
            raise BadRequest(f"{PRIORITY}: {asked!r} is none of {words}")
        kind = max(kind, named)
    document = request.headers.get(DOCUMENT, "") or document
    call.kind = kind
    # Two users may have a document of the same name, and so may one on two machines.
    host = request.client.host if request.client else ""
    return Work(kind, f"{call.key.name}\n{host}\n{document}" if document else "")


def place_of(
    gateway: Gateway, request: Request, named: str = "", language: str = "", git_url: str = ""
) -> Place:
    """Where the file of a request lies: as its headers say, else its body. Raises NotAllowed for
    a workspace that the settings do not list."""
    workspace = gateway.workspace(_utf8(request, WORKSPACE))
    named = _utf8(request, PATH) or named
    return gateway.inline.workspaces.place(named, language, git_url, workspace)


def _utf8(request: Request, name: str) -> str:
    """A header that names a file; servers read headers as Latin-1."""
    return request.headers.get(name, "").encode("latin-1").decode("utf-8", "replace")
