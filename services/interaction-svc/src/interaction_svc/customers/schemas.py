"""How a request names a customer."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from shared.http import Input
from shared.http.types import Code, clean_text

ExternalId = Annotated[
    str,
    StringConstraints(max_length=128, pattern=r"^[^\s/?#%]+$"),
    AfterValidator(clean_text),
    Field(examples=["oX9f-7Qw2"]),
]


class IdentityRef(Input):
    """A customer as a channel knows it."""

    model_config = ConfigDict(frozen=True)

    channel: Code = Field(examples=["wechat"])
    external_id: ExternalId


class OfCustomer(Input):
    """What concerns one customer, named by exactly one of id and identity."""

    customer_id: UUID | None = None
    identity: IdentityRef | None = None

    @property
    def customer(self) -> UUID:
        """The customer's id, once it is known whose the identity is."""
        if self.customer_id is None:
            raise ValueError("nobody has looked yet whose the identity is")
        return self.customer_id

    def of(self, customer_id: UUID) -> Self:
        """The same of the customer whose the identity is."""
        return self.model_copy(update={"customer_id": customer_id})

    @model_validator(mode="after")
    def _one_is_named(self) -> Self:
        if (self.customer_id is None) == (self.identity is None):
            raise PydanticCustomError(
                "customer_not_named",
                "must name the customer by exactly one of customer_id and identity",
                {"zh": "须用 customer_id、identity 之一指明客户"},
            )
        return self
