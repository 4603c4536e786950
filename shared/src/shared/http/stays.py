"""A key's streams are short: what is let in once must not stay long after the key was revoked."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from starlette.responses import Response, StreamingResponse

from shared.auth import Principal

Chunk = TypeVar("Chunk")
PARTNER_SECONDS = 3.0
"""With the second that the gateway believes a key and the second that the edge may keep its answer: five."""


def kept_short(response: Response, principal: Principal | None) -> Response:
    """End a key's stream after a moment; its reader comes again, as EventSource does by itself."""
    if principal is not None and principal.kind == "partner" and isinstance(response, StreamingResponse):
        response.body_iterator = until(aiter(response.body_iterator), PARTNER_SECONDS)
    return response


async def until(chunks: AsyncIterator[Chunk], seconds: float) -> AsyncIterator[Chunk]:
    """What comes within so many seconds."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while clock() < end:
        try:
            # Around the waiting only: a deadline around a `yield` would break off whoever reads.
            async with asyncio.timeout_at(end):
                chunk = await anext(chunks)
        except (StopAsyncIteration, TimeoutError):
            return
        yield chunk
