"""How a row names the customer that it belongs to."""

from typing import Any, Self
from uuid import UUID

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from customer_svc.identities.schemas import IdentityRef
from shared.http import Input
from shared.http.types import Code

WAYS = ("customer_id", "customer_code", "identity")


class OfCustomer(Input):
    """Belongs to one customer, named in one of three ways."""

    customer_id: UUID | None = None
    customer_code: Code | None = None
    identity: IdentityRef | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if sum(getattr(self, way) is not None for way in WAYS) != 1:
            raise PydanticCustomError(
                "customer_not_named",
                "must name the customer by exactly one of customer_id, customer_code and external_id",
                {"zh": "须用 customer_id、customer_code、external_id 之一指明客户"},
            )
        return self


def with_identity(given: dict[str, Any], channel: str) -> dict[str, Any]:
    """The cells of a row with the identity that `external_id` and the cell of this name make."""
    said = {name: cell for name, cell in given.items() if name not in (channel, "external_id")}
    if "external_id" in given:
        known = {"channel": given[channel]} if channel in given else {}
        said["identity"] = {"external_id": given["external_id"], **known}
    return said
