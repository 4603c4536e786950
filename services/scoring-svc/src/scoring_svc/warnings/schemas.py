"""Warnings as the API shows and takes them."""

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from scoring_svc.warnings.domain import Result, SaidByPeople, Seen
from scoring_svc.warnings.transitions import Status, Verb
from shared.http import Input, ListQuery, Money, Output, Patch
from shared.http.types import Code, Line, Moment

Level = Literal["low", "medium", "high"]
Category = Literal["purchase", "complaint", "satisfaction", "contact", "promise"]
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for what is not sent, and is never applied."""
_TEXTS = [
    "自 2026 年 9 月 28 日起已 9.1 周未下单，以往平均每 3.2 周一单，已达其 2.8 倍",
    "No order for 9.1 weeks, since 28 September 2026: 2.8 × its own rhythm of one every 3.2 weeks",
]


class EvidenceRead(Output):
    """A record that a reason rests on, to look up, and the moment that it is of. More types may come."""

    type: str = Field(examples=["complaint"], description="order, complaint, survey, interaction or promise.")
    id: UUID
    at: Moment | None


class ReasonRead(Output):
    """Why: associated with leaving, not proven its cause; `weight` in log odds over the average."""

    code: str = Field(examples=["own_rhythm_broken"])
    category: Category
    kind: Literal["signal", "driver"] = Field(
        description="A signal is what is seen of buying, a driver what somebody can act on."
    )
    text: str = Field(examples=_TEXTS)
    weight: float = Field(examples=[0.82])
    contribution: float = Field(examples=[0.82], description="The same as `weight`.")
    value: float | None = Field(examples=[2.8], description="What was measured, in `unit`.")
    threshold: float | None = Field(examples=[1.25], description="What it was held against.")
    unit: str | None = Field(examples=["own_gaps"])
    evidence: list[EvidenceRead] = Field(description="At most ten records.", examples=[[]])


class Explained(Output):
    """The same reasons, what is seen apart from what one can act on; each the strongest first."""

    signals: list[ReasonRead]
    drivers: list[ReasonRead]


class ActionRead(Output):
    """What to do about it."""

    code: str = Field(examples=["call_customer"])
    text: str = Field(examples=["致电客户", "Call the customer"])


class TakenRead(Output):
    """What was done about it last."""

    code: str = Field(examples=["call_customer"])
    note: str | None = Field(examples=["已约下周二上门拜访", "Visit agreed for Tuesday"])
    done_by: UUID
    done_at: Moment


class WarningRead(Output):
    """A churn warning."""

    id: UUID
    customer_id: UUID
    owner_id: UUID | None
    status: Status
    level: Level
    probability: float = Field(ge=0, le=1)
    horizon_weeks: float = Field(examples=[13], description="The probability is of no order in so long.")
    expected_value: Money
    contributed_52: Money = Field(description="What is at stake: contributed in the 52 weeks before.")
    value_at_risk: Money = Field(description="`contributed_52` times the probability.")
    reasons: list[ReasonRead]
    explained: Explained
    recommended_action: ActionRead
    due_at: Moment = Field(description="Until when something should have come of it.")
    acknowledged_by: UUID | None
    action: TakenRead | None
    outcome: str | None = Field(examples=["won_back"], description="As it was said.")
    outcome_note: str | None = Field(examples=["客户已恢复下单", "Orders again"])
    outcome_by: UUID | None = Field(description="Who said so; null: the system.")
    result: Result | None = Field(description="What the outcome means; null where it says nothing.")
    seen: Seen | None = Field(description="What the customer did within the horizon; null: not over yet.")
    seen_at: Moment | None
    opened_at: Moment
    raised_at: Moment | None = Field(description="When it came before its owner; null while it waits.")
    closed_at: Moment | None


class StepRead(Output):
    """One step of a warning's course; `done_by` null: the system's."""

    id: UUID
    verb: Verb
    from_status: Status | None
    to_status: Status
    details: dict[str, Any] = Field(
        description="What was set by it.",
        examples=[{"action": "call_customer", "action_note": "已致电"}, {"action": "call_customer"}],
    )
    done_by: UUID | None
    done_at: Moment


class OutcomeInput(Input):
    """What came of a warning; `retained` is `won_back`, `not_at_risk` is `false_alarm` by an older name."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"outcome": "won_back", "note": "客户已恢复下单"},
                {"outcome": "false_alarm", "note": "Closed for the holidays"},
            ]
        }
    )

    outcome: SaidByPeople = Field(examples=["won_back"])
    note: Line | None = None


class ActInput(Input):
    """What is done about it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "call_customer", "note": "已约下周二上门拜访"},
                {"action": "visit", "note": "Visit agreed for Tuesday"},
            ]
        }
    )

    action: Code
    note: Line | None = None


class AssignInput(Input):
    """Who takes it over; null: nobody."""

    owner_id: UUID | None


class WarningPatch(Patch):
    """Until when something should come of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"due_at": "2026-03-06T10:00:00Z"}]})

    due_at: Moment = _LONG_AGO


class WarningQuery(ListQuery):
    """Filters of the list."""

    status: Status | None = None
    level: Level | None = None
    outcome: SaidByPeople | Literal["merged"] | None = None
    reason: Code | None = Field(None, description="The reason that it goes by.")
    owner_id: UUID | None = None
    customer_id: UUID | None = None
    overdue: bool | None = None


class StepQuery(ListQuery):
    """No filters."""
