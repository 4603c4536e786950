"""What a sign-in asks for, so that failures from one address are counted."""

from typing import Annotated

from fastapi import Depends, Request

from gateway.limits.warden import Warden


async def _warden(request: Request) -> Warden:
    warden: Warden = request.state.warden
    return warden


async def _address(request: Request) -> str | None:
    """Where the request comes from, as the edge saw it; what the client says of that does not pass it."""
    forwarded = request.headers.get("x-forwarded-for")
    return forwarded or (request.client.host if request.client else None)


Address = Annotated[str | None, Depends(_address)]
Watched = Annotated[Warden, Depends(_warden)]
