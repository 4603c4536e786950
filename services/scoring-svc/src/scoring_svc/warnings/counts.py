"""Warnings counted, as the API shows them: what owners carry, and what came of warnings."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import Field

from shared.http import Input, Money, Output
from shared.http.types import Moment
from shared.problems import Invalid

_USUAL = timedelta(weeks=52)


class Load(Output):
    """What one owner carries; `capacity` and `room` null: any number. `owner_id` null: nobody's."""

    owner_id: UUID | None
    waiting: int
    open: int
    acknowledged: int
    acting: int
    overdue: int
    at_risk: list[Money] = Field(description="In each currency.")
    capacity: int | None = Field(examples=[20])
    room: int | None = Field(examples=[3])


class Loads(Output):
    """By owner, at most 500, those with most at risk first."""

    data: list[Load]


class LoadQuery(Input):
    """One owner, or everybody."""

    owner_id: UUID | None = None


class ResultQuery(Input):
    """Warnings opened from `from` to before `until`; without them of the last 52 weeks."""

    since: Moment | None = Field(None, alias="from")
    until: Moment | None = None

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """From when to when; raises Invalid for a period that ends before it begins."""
        until = self.until or now
        since = self.since or until - _USUAL
        if since >= until:
            raise Invalid.at("?until", "period_empty", en="must lie after `from`", zh="必须晚于 from")
        return since, until


class OutcomeShare(Output):
    """`count` in `of`, with Wilson's 95 % interval; null of nothing."""

    count: int
    of: int
    share: float | None = Field(examples=[0.62])
    low: float | None = Field(examples=[0.51])
    high: float | None = Field(examples=[0.72])


class Said(Output):
    """What people said came of them."""

    won_back: int
    lost: int
    false_alarm: int
    nothing: int


class SeenCounts(Output):
    """What customers did within the horizon, whatever was said."""

    ordered: int
    silent: int
    pending: int


class WarningGroup(Output):
    """Warnings that have something in common."""

    key: str | None = Field(examples=["complaint_open"], description="Null: all of them, or none of it.")
    warnings: int
    live: int
    said: Said
    seen: SeenCounts
    precision: OutcomeShare = Field(
        description="Silent, of those whose horizon is over: what the model foretold."
    )
    confirmed: OutcomeShare = Field(description="No false alarm, of those that people spoke of.")
    won_back: OutcomeShare = Field(
        description="Won back, of those won back or lost: as people said, else by order or silence."
    )


class WarningResults(Output):
    """What came of warnings; `by_action`: by what was done about them last."""

    since: Moment
    until: Moment
    total: WarningGroup
    by_reason: list[WarningGroup]
    by_level: list[WarningGroup]
    by_month: list[WarningGroup]
    by_action: list[WarningGroup]
