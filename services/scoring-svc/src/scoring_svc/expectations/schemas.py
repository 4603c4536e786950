"""Windows as the API shows them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.http import ListQuery, Output
from shared.http.types import Moment


class WindowRead(Output):
    """When the next order is to be expected if this still is a customer, which `p_alive` gives the chance of.

    The order comes before `expected_at` with even chances; it lies between a pair with 50 or 80 %. At most
    ten years from `computed_at`. The silence so far is taken into account.
    """

    p_alive: float = Field(ge=0, le=1, examples=[0.86])
    earliest_80: Moment
    earliest_50: Moment
    expected_at: Moment
    latest_50: Moment
    latest_80: Moment
    model_version: UUID = Field(validation_alias="model_id")
    computed_at: Moment


class NextPurchaseRead(WindowRead):
    """A customer and its window."""

    customer_id: UUID
    owner_id: UUID | None
    distributor_id: UUID | None
    tier: Literal["core", "important", "ordinary"]


class NextPurchaseQuery(ListQuery):
    """Filters of the list."""

    due_before: Moment | None = Field(None, description="Whose order is expected before this time.")
    min_alive: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="Only who still is a customer with this chance or a better one."
    )
    tier: Literal["core", "important", "ordinary"] | None = None
    owner_id: UUID | None = None
    distributor_id: UUID | None = None
    customer_id: UUID | None = None
