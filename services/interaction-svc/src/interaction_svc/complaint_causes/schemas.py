"""What the report is asked, and how its figures are told."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.http import Input, Output
from shared.http.types import Code, Moment, Name
from shared.problems import Invalid

GroupBy = Literal[
    "category", "cause", "severity", "channel", "product", "distributor", "owner", "org_unit", "tier"
]
_USUAL = timedelta(days=90)
_LONGEST = timedelta(days=366)
_FIGURES: dict[str, Any] = {
    "count": 42,
    "share": 0.35,
    "count_before": 30,
    "change": 0.4,
    "open": 5,
    "reopened": 3,
    "first_answers": {"met": 36, "breached": 4, "share_met": 0.9},
    "resolutions": {"met": 33, "breached": 6, "share_met": 0.846},
    "median_seconds": 93600.0,
    "p90_seconds": 252000.0,
    "ratings": 24,
    "mean_rating": 3.9,
}
_ALL = {**_FIGURES, "count": 120, "share": 1.0, "count_before": 96, "change": 0.25}
_OTHERS = {**_FIGURES, "count": 78, "share": 0.65, "count_before": 66, "change": 0.182}


class CausesQuery(Input):
    """Complaints that were received in this time; the last 90 days if nothing is said."""

    since: Moment | None = Field(None, alias="from", description="Received at this time or after it.")
    until: Moment | None = Field(
        None, alias="to", description="Received before this time, now if not said; at most 366 days later."
    )
    group_by: GroupBy = "cause"
    most: Annotated[int, Field(ge=1, le=100, description="So many groups; all else is in `others`.")] = 20
    distributor_id: UUID | None = None
    category: Code | None = None
    product: Name | None = Field(None, description="Only of this product, in large or small letters.")

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """From when, until when; Invalid when that is nothing, or more than 366 days."""
        until = self.until or now
        since = self.since or until - _USUAL
        if not timedelta(0) < until - since <= _LONGEST:
            raise Invalid.at(
                "?from" if self.until is None else "?to",
                "period_wrong",
                en="the time must end after it begins, and at most 366 days later",
                zh="结束时间须晚于开始时间，且跨度不超过 366 天",
            )
        return since, until


class TargetFigures(Output):
    """How often a promised time was kept (`met`) and not (`breached`, also of what is late now).

    What still runs in time is neither; null: nothing is either.
    """

    met: int
    breached: int
    share_met: float | None


class CauseFigures(Output):
    """Complaints that have something in common."""

    count: int = Field(description="Received in the time, without duplicates that were merged.")
    share: float | None = Field(description="Of all that were received; null: there are none.")
    count_before: int = Field(description="Received in the time of equal length before.")
    change: float | None = Field(description="0.4: 40 % more than before; null: there were none.")
    open: int = Field(description="Without a result now.")
    reopened: int = Field(description="Taken up again at least once, by `reopen` or `mediate`.")
    first_answers: TargetFigures = Field(description="Where a policy promises a first answer.")
    resolutions: TargetFigures = Field(description="By `sla`; of what was taken up again, its last clock.")
    median_seconds: float | None = Field(
        description="From the opening to the result: all the hours that passed, waiting included."
    )
    p90_seconds: float | None = Field(description="Nine of ten had their result within this.")
    ratings: int = Field(description="Ratings from 1 to 5 in surveys about these complaints.")
    mean_rating: float | None = Field(description="Null: fewer than 10 ratings.")


class CauseRead(CauseFigures):
    """One group; `group` is a code, a text or an id, null: of none. Texts count in large or small letters."""

    group: str | None


class CausesRead(Output):
    """The groups with the most complaints first; `others` is all that stands in none of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "from": "2026-01-01T00:00:00Z",
                    "to": "2026-04-01T00:00:00Z",
                    "group_by": "cause",
                    "all": _ALL,
                    "data": [{**_FIGURES, "group": group}],
                    "others": _OTHERS,
                }
                for group in ("Carrier was late", "承运商延误")
            ]
        }
    )

    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")
    group_by: GroupBy
    all: CauseFigures
    data: list[CauseRead]
    others: CauseFigures | None = Field(description="Null: nothing stands elsewhere.")
