"""The operators' door to telling everything anew."""

from typing import Any

from fastapi import Request, Response

from customer_svc.retellings import commands
from customer_svc.retellings.schemas import RetellingStarted
from shared.http import Caller, Router, WriteTx, needs

router = Router(tags=["operators"])


@router.post(
    "/v1/customer-svc/retellings",
    status_code=202,
    operation_id="tellCustomersAnew",
    summary="Tell all customers and orders anew",
    response_model=RetellingStarted,
    **needs("deadletters:write"),
)
async def tell_customers_anew(tx: WriteTx, caller: Caller, request: Request, response: Response) -> Any:
    """Have the other services told of every customer and order as it is now, in chunks, as after an import.

    For what they did not keep when it happened: products and channels of orders, attributes and referrers of
    customers. Whoever knows it already changes nothing, so it can be done again at any time; scores are
    computed anew once all is told. Watch the operation in `Location`: its result counts what was told;
    cancelling it keeps that. Merged customers and voided orders are left out: they were told to be so.
    """
    service_number: int = request.state.service_number
    operation = await commands.begin(tx, by=caller.id, service_number=service_number)
    response.headers["Location"] = f"/v1/operations/{operation}"
    return {"id": operation}
