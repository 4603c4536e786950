"""Stages and declarations as the API shows and takes them."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from scoring_svc.lifecycle.domain import LossReason
from shared.http import Input, ListQuery, Output
from shared.http.types import Line, Moment

Stage = Literal["prospect", "new", "first_purchase", "active", "loyal", "at_risk", "lost", "won_back"]
_BASIS: dict[str, Any] = {
    "buy_chance": 0.22, "horizon_weeks": 13, "level": "high", "order_days": 9, "last_day": "2026-08-30",
    "orders_52": 7, "open_severity": 0, "satisfaction_last": 4.5, "policy_version": 1,
    "model_version": "0196f0c0-0000-7000-8000-000000000002",
}  # fmt: skip


class StageRead(Output):
    """A stage from `since` to `until`, null while it lasts; `customer_id` is whose it was."""

    id: UUID
    customer_id: UUID
    stage: Stage = Field(examples=["at_risk"])
    from_stage: Stage | None = Field(examples=["active"])
    cause: str = Field(examples=["risk_high"], description="What moved the customer; see the scoring guide.")
    since: date
    until: date | None
    basis: dict[str, Any] = Field(
        description="The numbers that it was decided on; empty for stages from before they were kept.",
        examples=[_BASIS],
    )
    decided_at: Moment


class StageQuery(ListQuery):
    """`merged` adds the stages of customers that were merged into this one."""

    merged: bool | None = None


class DeclareLost(Input):
    """Why somebody says that the customer is lost."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"reason": "competitor", "note": "转向同城另一家供应商"},
                {"reason": "closed_down", "note": "The shop has closed"},
            ]
        }
    )

    reason: LossReason
    note: Line | None = None


class LossRead(Output):
    """A word that a customer is lost; it has ended once withdrawn, or by an order."""

    id: UUID
    customer_id: UUID
    reason: LossReason
    note: str | None = Field(examples=["转向同城另一家供应商", "The shop has closed"])
    declared_by: UUID
    declared_at: Moment
    ended_at: Moment | None
    ended_by: UUID | None


class StageShare(Output):
    """A stage: who is in it, for how long (median, weeks), and for how long those who left it were."""

    stage: Stage
    customers: int
    median_weeks: float | None = Field(examples=[14.3])
    entered_52: int = Field(description="Entered within the last 52 weeks.")
    left_52: int = Field(description="Left within the last 52 weeks.")
    median_weeks_ended: float | None = Field(examples=[22.0])


class StageInsight(Output):
    """All stages, in the order of a customer's life."""

    customers: int
    data: list[StageShare]
