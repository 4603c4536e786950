"""The spread of customers as the API shows it."""

from datetime import datetime, timedelta
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from scoring_svc.bases.schemas import CustomerFilter, Stage, Tier
from shared.http import Money, Output
from shared.http.types import Moment, Zone

Level = Literal["low", "medium", "high", "unknown"]
_LONGEST = timedelta(days=3660)
_USUAL = timedelta(days=364)
_MONEY: Any = {"amount_minor": 4125000, "currency": "CNY"}


class StandingQuery(CustomerFilter):
    """Which customers, and between which times; without times the last 52 weeks."""

    since: Moment | None = Field(None, alias="from", description="Compared with this time.")
    until: Moment | None = Field(None, alias="to", description="As it stood then.")
    period: Literal["week", "month"] = Field("month", description="At whose beginnings to look between.")
    timezone: Zone = Field("UTC", description="Whose weeks and months these are.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (
            self.since is not None
            and self.until is not None
            and not timedelta() < self.until - self.since <= _LONGEST
        ):
            raise PydanticCustomError(
                "period_wrong",
                "must end after it begins, and at most ten years later",
                {"zh": "结束须晚于开始，且跨度不超过十年"},
            )
        return self

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """The two times."""
        until = self.until or (now if self.since is None else max(now, self.since + timedelta(seconds=1)))
        if self.since is not None and self.until is None:
            until = min(until, self.since + _LONGEST)
        return self.since or until - _USUAL, until


class StandingShare(Output):
    """Customers of one tier, stage and churn level, and what they are expected to bring."""

    tier: Tier
    lifecycle_stage: Stage
    churn_level: Level
    customers: int
    expected_value: Money


class TierCount(Output):
    """The customers of a tier, and what they were expected to bring then."""

    tier: Tier
    customers: int
    expected_value: Money


class TierPoint(Output):
    """How they were spread at a time."""

    at: Moment
    tiers: list[TierCount]


class TierMove(Output):
    """Customers who went from one tier to another, or stayed; null: not scored yet, or not any more."""

    before: Tier | None
    after: Tier | None
    customers: int
    expected_value: Money = Field(description="At the later time.")


class Distribution(Output):
    """How the scored customers are spread now (`data`), and how that came about."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "customers": 2000,
                    "data": [
                        {
                            "tier": "core",
                            "lifecycle_stage": "loyal",
                            "churn_level": "low",
                            "customers": 210,
                            "expected_value": _MONEY,
                        }
                    ],
                    "since": "2025-03-02T00:00:00Z",
                    "until": "2026-03-01T00:00:00Z",
                    "over_time": [
                        {
                            "at": "2026-02-01T00:00:00Z",
                            "tiers": [{"tier": "core", "customers": 204, "expected_value": _MONEY}],
                        }
                    ],
                    "migration": [
                        {"before": "important", "after": "core", "customers": 31, "expected_value": _MONEY}
                    ],
                }
            ]
        }
    )

    customers: int
    data: list[StandingShare]
    since: Moment
    until: Moment
    over_time: list[TierPoint] = Field(description="At each beginning of a period between, and at the end.")
    migration: list[TierMove] = Field(description="From `since` to `until`.")


class AtStake(Output):
    """Customers, and what they brought in 52 weeks and are expected to bring within the horizon."""

    customers: int
    contributed_52: Money
    expected_value: Money


class LevelRead(AtStake):
    """Customers of a churn level."""

    level: Level
    mean_probability: float | None


class StageStanding(AtStake):
    """Customers in a stage."""

    stage: Stage


class WarningReason(Output):
    """How many warnings that are not closed give this reason; a warning has several."""

    code: str = Field(examples=["own_rhythm_broken"])
    warnings: int
    contributed_52: Money = Field(description="What is at stake with them.")


class WarningOutcome(Output):
    """How many warnings of the time ended so."""

    outcome: str = Field(examples=["retained"])
    warnings: int


class ChurnInsight(Output):
    """Who may be lost, and what with them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2025-03-02T00:00:00Z",
                    "until": "2026-03-01T00:00:00Z",
                    "currency": "CNY",
                    "customers": 2000,
                    "levels": [
                        {
                            "level": "high",
                            "customers": 140,
                            "mean_probability": 0.78,
                            "contributed_52": _MONEY,
                            "expected_value": _MONEY,
                        }
                    ],
                    "stages": [
                        {
                            "stage": "at_risk",
                            "customers": 96,
                            "contributed_52": _MONEY,
                            "expected_value": _MONEY,
                        }
                    ],
                    "at_risk": {"customers": 96, "contributed_52": _MONEY, "expected_value": _MONEY},
                    "likely_loss": _MONEY,
                    "open_warnings": 58,
                    "acknowledged_warnings": 17,
                    "reasons": [{"code": "own_rhythm_broken", "warnings": 49, "contributed_52": _MONEY}],
                    "outcomes": [{"outcome": "retained", "warnings": 23}],
                }
            ]
        }
    )

    since: Moment
    until: Moment
    currency: str
    customers: int
    levels: list[LevelRead]
    stages: list[StageStanding]
    at_risk: AtStake = Field(description="Customers in the stage `at_risk`.")
    likely_loss: Money = Field(
        description="What all customers brought in 52 weeks, each weighed with its churn probability."
    )
    open_warnings: int
    acknowledged_warnings: int
    reasons: list[WarningReason] = Field(description="Of warnings that are not closed.")
    outcomes: list[WarningOutcome] = Field(description="Of warnings that were closed in the time.")


class SatisfactionBand(Output):
    """Answers from `lowest` to below `highest` (5 counted in), and what followed within 13 weeks.

    Of fewer than ten answers nothing is told (`too_little`).
    """

    lowest: float = Field(examples=[4])
    highest: float = Field(examples=[5])
    answers: int
    too_little: bool
    ordered: float | None = Field(description="Share of answers after which the customer ordered.")
    mean_before: Money | None = Field(description="Ordered less returned in the 13 weeks before.")
    mean_after: Money | None
    change: float | None = Field(description="From before to after.")


class SatisfactionInsight(Output):
    """What customers did after they had said how satisfied they were: seen together, not proven a cause."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2025-03-02T00:00:00Z",
                    "until": "2026-03-01T00:00:00Z",
                    "currency": "CNY",
                    "data": [
                        {
                            "lowest": 4.0,
                            "highest": 5.0,
                            "answers": 214,
                            "too_little": False,
                            "ordered": 0.81,
                            "mean_before": _MONEY,
                            "mean_after": _MONEY,
                            "change": 0.04,
                        }
                    ],
                }
            ]
        }
    )

    since: Moment
    until: Moment
    currency: str
    data: list[SatisfactionBand]
