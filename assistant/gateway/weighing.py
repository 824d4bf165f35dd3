"""How much one request may bring, looked at before its fields are.

A body within the limit of bytes can still hold millions of values, and to check them one by one
holds everybody up. So the whole of it is weighed first, in one walk that ends at the limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Depends, Request

from assistant.gateway.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from assistant.gateway.gateway import Gateway

TOKEN = 4
"""Characters that one token id counts as."""
_MEDIA = frozenset({"url", "data"})
"""Fields that carry an image or sound, which are no text."""


def weighed(gateway: Gateway) -> Any:
    """A dependency that refuses a body with more text than ``gateway.max_prompt_chars``."""
    most = gateway.settings.gateway.max_prompt_chars

    async def check(request: Request) -> None:
        weigh(await raw(request), most)

    # Dependencies of a route come before the validation of its body.
    return Depends(check)


async def raw(request: Request) -> Any:
    """The body's JSON, which is parsed once a request; None for what is none."""
    try:
        return await request.json()
    except (ValueError, RecursionError):
        return None


def weigh(body: Any, most: int) -> int:
    """Characters of all texts in a JSON body; a token id counts as :data:`TOKEN`, any other
    value as one. Raises TooLarge above ``most``, BadRequest for half a surrogate pair, which no
    tokenizer can read."""
    left, total = [body], 0
    while left:
        one = left.pop()
        if isinstance(one, str):
            total += len(one)
            _encodable(one)
        elif isinstance(one, dict):
            total += len(one)
            for name, value in one.items():
                if name in _MEDIA and isinstance(value, str):
                    _encodable(value)
                else:
                    left.append(value)
        elif isinstance(one, list):
            numbers = bool(one) and isinstance(one[0], int | float)
            total += len(one) * (TOKEN if numbers else 1)
            # Of a list that begins with a number and goes on otherwise the validation says so.
            left += () if numbers or total > most else one
        if total > most:
            raise TooLarge(
                f"the request's text is longer than {most} characters (gateway.max_prompt_chars)",
                code="prompt_too_large",
            )
    return total


def _encodable(text: str) -> None:
    try:
        _ = text.isascii() or text.encode()
    except UnicodeEncodeError:
        raise BadRequest("a text in the request is not Unicode: half a surrogate pair") from None
