"""The profile over HTTP."""

from typing import Any
from uuid import UUID

from fastapi import Request

from gateway.profile.composer import Composer
from gateway.profile.schemas import Profile
from shared.http import Caller, Router, needs

router = Router(tags=["profile"])
_CARRIED = ("accept-language",)


@router.get(
    "/v1/customers/{customer_id}/profile",
    operation_id="getCustomerProfile",
    summary="One customer all around (360)",
    response_model=Profile,
    **needs("customers:read"),
)
async def get_profile(customer_id: UUID, request: Request, caller: Caller) -> dict[str, Any]:
    """Archive, contacts, orders, timeline, score, open complaints, promises and reminders within two seconds.

    A service that does not answer leaves its part null and says so in `parts`.
    """
    composer: Composer = request.state.composer
    given = {name: request.headers.get(name, "") for name in _CARRIED}
    carried = {name: value for name, value in given.items() if value.isascii() and value.isprintable()}
    carried["x-request-id"] = request.state.request_id
    carried["traceparent"] = request.state.traceparent
    if request.state.client:
        carried["x-forwarded-for"] = request.state.client
    return await composer.profile(caller, str(customer_id), carried)
