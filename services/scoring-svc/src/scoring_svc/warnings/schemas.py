"""Warnings as the API shows and takes them."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.http import Input, ListQuery, Money, Output
from shared.http.types import Moment

Status = Literal["open", "acknowledged", "closed"]
Level = Literal["low", "medium", "high"]
Outcome = Literal["retained", "lost", "not_at_risk", "unreachable"]


_TEXTS = [
    "已 9.1 周未下单，以往平均每 3.2 周一单",
    "No order for 9.1 weeks; before, one every 3.2 weeks on average",
]


class EvidenceRead(Output):
    """A fact that a reason rests on, to look up: `promise`. More kinds may come."""

    type: str = Field(examples=["promise"])
    id: UUID


class ReasonRead(Output):
    """Why: associated with leaving, not proven its cause; `weight` in log odds over the average."""

    code: str = Field(examples=["own_rhythm_broken"])
    category: Literal["purchase", "complaint", "satisfaction", "contact", "promise"]
    text: str = Field(examples=_TEXTS)
    weight: float = Field(examples=[0.82])
    evidence: list[EvidenceRead] = Field(
        description="Broken promises, longest broken first; at most ten, and none for other reasons.",
        examples=[[]],
    )


class ActionRead(Output):
    """What to do about it."""

    code: str = Field(examples=["call_customer"])
    text: str = Field(examples=["致电客户", "Call the customer"])


class WarningRead(Output):
    """A churn warning."""

    id: UUID
    customer_id: UUID
    owner_id: UUID | None
    status: Status
    level: Level
    probability: float = Field(ge=0, le=1)
    expected_value: Money
    contributed_52: Money = Field(description="What is at stake: contributed in the 52 weeks before.")
    reasons: list[ReasonRead]
    recommended_action: ActionRead
    outcome: str | None = Field(examples=["retained"])
    acknowledged_by: UUID | None
    opened_at: Moment
    closed_at: Moment | None


class OutcomeInput(Input):
    """What came of a warning."""

    outcome: Outcome = Field(examples=["retained"])


class WarningQuery(ListQuery):
    """Filters of the list."""

    status: Status | None = None
    level: Level | None = None
    owner_id: UUID | None = None
    customer_id: UUID | None = None
