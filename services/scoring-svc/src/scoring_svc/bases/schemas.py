"""What every report about buying takes."""

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from shared.http import Input, Output
from shared.http.types import Code, Line, Moment, Zone

LONGEST = timedelta(days=3660)
Tier = Literal["core", "important", "ordinary"]
Stage = Literal["prospect", "new", "first_purchase", "active", "loyal", "at_risk", "lost", "won_back"]
Category = Annotated[Line, Field(min_length=1, examples=["tea"])]


class CustomerFilter(Input):
    """Which customers; each filter narrows, as far as they are in the caller's sight."""

    distributor_id: UUID | None = None
    owner_id: UUID | None = None
    industry: Code | None = Field(None, description="The customer's industry.")
    region: Code | None = Field(
        None, description="The customer's region (GB/T 2260), or one that it lies in."
    )
    tier: Tier | None = Field(None, description="The tier that the customer has now.")
    stage: Stage | None = Field(None, description="The stage that the customer is in now.")


class BaseQuery(CustomerFilter):
    """Which customers, and which of their orders."""

    usual: ClassVar[timedelta] = timedelta(days=364)

    since: Moment | None = Field(None, alias="from", description="At this time or after it.")
    until: Moment | None = Field(None, alias="to", description="Before this time; at most ten years later.")
    timezone: Zone = Field("UTC", description="Whose days, weekdays, hours and months these are.")
    channel: Code | None = Field(None, description="Only orders by this channel.")
    category: Category | None = Field(None, description="Only orders with a product of this category.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since is not None and self.until is not None:
            length = self.until - self.since
            if not timedelta() < length <= LONGEST:
                raise PydanticCustomError(
                    "period_wrong",
                    "must end after it begins, and at most ten years later",
                    {"zh": "结束须晚于开始，且跨度不超过十年"},
                )
        return self

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """The beginning and the end; without both the usual time until now."""
        until = self.until or (now if self.since is None else max(now, self.since + timedelta(seconds=1)))
        if self.since is not None and self.until is None:
            until = min(until, self.since + LONGEST)
        return self.since or until - self.usual, until


class LeftOut(Output):
    """Orders that no figure counts, because no rate to the report's currency is known here."""

    currency: str = Field(examples=["USD"])
    orders: int = Field(examples=[12])


class Report(Output):
    """What the figures are of: orders from `since` to before `until`, in one currency."""

    since: Moment
    until: Moment
    timezone: Zone
    currency: str = Field(examples=["CNY"], description="Of all money here: that of most orders.")
    left_out: list[LeftOut] = Field(
        description="Orders of the same time and customers in other currencies.", examples=[[]]
    )
