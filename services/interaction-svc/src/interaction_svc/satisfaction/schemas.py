"""What is asked of satisfaction, and answered."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from interaction_svc.surveys.domain import Indicator
from shared.http import Input, Output
from shared.http.types import Code, Moment, Zone

_LONGEST = timedelta(days=366 * 3)
USUAL = timedelta(days=90)
Period = Literal["day", "week", "month"]
GroupBy = Literal["period", "tier", "channel", "distributor", "owner", "survey"]
_INTERVAL: dict[str, float] = {"low": 0.78, "high": 0.91}
_GROUP: dict[str, Any] = {
    "group": "core",
    "invited": 150,
    "answered": 96,
    "response_rate": 0.64,
    "ratings": 112,
    "too_little": False,
    "csat": 0.857,
    "csat_interval": _INTERVAL,
    "mean": 4.21,
    "index": 80.3,
    "nps": {
        "answers": 96,
        "too_little": False,
        "promoters": 58,
        "passives": 26,
        "detractors": 12,
        "score": 47.9,
        "interval": {"low": 33.7, "high": 62.2},
    },
}


class _Span(Input):
    """From when to when; without them the last 90 days, in `timezone`."""

    since: Moment | None = Field(None, alias="from", description="At this time or after it.")
    until: Moment | None = Field(None, alias="to", description="Before this time; at most three years later.")
    period: Period = Field("month", description="How long a period is; weeks begin on Monday.")
    timezone: Zone = Field("UTC", description="Whose days, weeks and months these are.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since is not None and self.until is not None:
            length = self.until - self.since
            if not timedelta() < length <= _LONGEST:
                raise PydanticCustomError(
                    "period_wrong",
                    "must end after it begins, and at most three years later",
                    {"zh": "结束须晚于开始，且跨度不超过三年"},
                )
        return self

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """The beginning and the end."""
        until = self.until or (now if self.since is None else min(now, self.since + _LONGEST))
        since = self.since or until - USUAL
        return since, until


class SatisfactionQuery(_Span):
    group_by: GroupBy = "period"
    indicator: Indicator | None = Field(None, description="Only answers about this; default: about all.")
    survey_id: UUID | None = None
    tier: Code | None = None
    channel: Code | None = None
    distributor_id: UUID | None = None
    owner_id: UUID | None = None


class IntervalRead(Output):
    """Where the true figure lies with 95 % confidence."""

    low: float
    high: float


class NpsRead(Output):
    """Would they recommend us: `score` from -100 to 100; null when there is `too_little`."""

    answers: int
    too_little: bool
    promoters: int
    passives: int
    detractors: int
    score: float | None
    interval: IntervalRead | None


class GroupRead(Output):
    """The customers of one group; `group` is its first day, code or id, null: of none.

    `invited` counts invitations of the time, `response_rate` is how many of them are answered. `answered`
    counts responses of the time. `csat` is the share of ratings of 4 and 5 (Wilson interval), `index` the
    mean stretched to 0 to 100.
    """

    group: str | None
    invited: int
    answered: int
    response_rate: float | None
    ratings: int
    too_little: bool = Field(description="Fewer than 10 ratings: no figures are told.")
    csat: float | None
    csat_interval: IntervalRead | None
    mean: float | None
    index: float | None
    nps: NpsRead


class SatisfactionRead(Output):
    """The indicators by group: periods in their order, else the most ratings first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2026-01-01T00:00:00Z",
                    "until": "2026-04-01T00:00:00Z",
                    "group_by": "tier",
                    "data": [_GROUP],
                }
            ]
        }
    )

    since: Moment
    until: Moment
    group_by: GroupBy
    data: list[GroupRead]


class ProblemsQuery(_Span):
    most: Annotated[int, Field(ge=1, le=50)] = Field(10, description="Of each kind and period.")


class Counted(Output):
    """A category, a cause or a word, and how many complaints or answers have it."""

    what: str
    count: int


class PeriodProblems(Output):
    """The problems of the period that begins on this day; what is most frequent first."""

    period: date
    categories: list[Counted]
    causes: list[Counted]
    words: list[Counted]


class ProblemsRead(Output):
    """What customers complain of and write about, period by period."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2026-03-01T00:00:00Z",
                    "until": "2026-04-01T00:00:00Z",
                    "data": [
                        {
                            "period": "2026-03-01",
                            "categories": [{"what": "delivery", "count": 14}],
                            "causes": [{"what": cause, "count": 6}],
                            "words": [{"what": word, "count": 9}],
                        }
                    ],
                }
                for cause, word in (("承运商延误", "包装"), ("Carrier was late", "packaging"))
            ]
        }
    )

    since: Moment
    until: Moment
    data: list[PeriodProblems]
