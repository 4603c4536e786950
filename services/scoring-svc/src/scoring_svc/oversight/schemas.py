"""Decisions and objections as the API shows and takes them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from scoring_svc.warnings.schemas import ReasonRead
from shared.http import Input, ListQuery, Output
from shared.http.types import Moment, Text

Kind = Literal["tier", "warning"]
Verdict = Literal["upheld", "overturned"]
FollowUp = Literal["pin_tier", "warning_closed", "warning_over"]
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_DECIDED = {"tier": "core", "from_tier": "important"}
_INPUTS = {
    "as_of": "2026-03-01T09:30:00.000000",
    "features": {"order_days": 12.0, "age": 61.3},
    "held": {"tier": "important", "tier_since": "2025-11-03"},
    "figures": {"contribution": 83.1, "potential": 55.0, "tier": "core"},
    "thresholds": {"tiers": {"core_from": 80.0, "hysteresis": 2.0}},
}
Note = Annotated[Text, Field(max_length=2000)]


class DecisionRead(Output):
    """What was decided automatically about a customer, by which policy and model, and what people said of it.

    `decided` holds `tier` and `from_tier`, or the `step` and `level` of a warning. An overturned decision has
    a `follow_up`: `pin_tier` asks for a pin of the tier, `warning_closed` says that the warning was closed as
    a false alarm, `warning_over` that it was over already.
    """

    id: UUID
    customer_id: UUID
    kind: Kind = Field(examples=["tier"])
    decided: dict[str, Any] = Field(examples=[_DECIDED])
    warning_id: UUID | None
    reasons: list[ReasonRead]
    policy_version: int = Field(examples=[3])
    policy_digest: str = Field(examples=[_HASH])
    model_id: UUID
    code_hash: str = Field(examples=[_HASH])
    decided_at: Moment
    review: Verdict | None
    reviewed_by: UUID | None
    reviewed_at: Moment | None
    review_note: str | None = Field(examples=["They are on holiday", "客户正在休假"])
    follow_up: FollowUp | None


class DecisionDetail(DecisionRead):
    """With everything that it takes to decide again."""

    inputs: dict[str, Any] = Field(examples=[_INPUTS])


class DecisionQuery(ListQuery):
    """Filters of the list; `review=none` are those that nobody reviewed."""

    kind: Kind | None = None
    review: Literal["none", "upheld", "overturned"] | None = None
    customer_id: UUID | None = None


class FigureRead(Output):
    """A figure as it was stored and as it comes out now; equal to within 1e-9."""

    name: str = Field(examples=["contribution"])
    then: float | str | bool | None = Field(examples=[83.1])
    now: float | str | bool | None = Field(examples=[83.1])
    equal: bool = Field(examples=[True])


class Recomputation(Output):
    """`equal` if the same is decided from the same figures; `same_code` if by the numerics of then."""

    decision_id: UUID
    equal: bool = Field(examples=[True])
    same_code: bool = Field(examples=[True])
    same_policy: bool = Field(examples=[True])
    decided: dict[str, Any] = Field(examples=[{"tier": "core"}])
    figures: list[FigureRead]


class ReviewInput(Input):
    """What a person says of a decision."""

    verdict: Verdict = Field(examples=["overturned"])
    note: Annotated[Note, Field(examples=["They are on holiday", "客户正在休假"])] | None = None


class ObjectionInput(Input):
    """Who objects, and why if they say so."""

    customer_id: UUID
    reason: Annotated[Note, Field(examples=["I want a person to decide", "希望由人工决定"])] | None = None


class ObjectionRead(Output):
    """While it stands nothing is decided automatically about the customer that made it, or keeps who did."""

    id: UUID
    customer_id: UUID
    reason: str | None = Field(examples=["I want a person to decide", "希望由人工决定"])
    status: Literal["standing", "withdrawn"]
    made_by: UUID
    made_at: Moment
    withdrawn_by: UUID | None
    withdrawn_at: Moment | None


class ObjectionQuery(ListQuery):
    """Filters of the list."""

    status: Literal["standing", "withdrawn"] | None = None
    customer_id: UUID | None = None
