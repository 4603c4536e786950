"""What is said about use over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from gateway.usage.domain import Granularity
from shared.http import Input, Output
from shared.http.types import Moment

_COUNTS: JsonDict = {"calls": 1250, "client_errors": 12, "server_errors": 0, "limited": 3}
_LIMITS: JsonDict = {
    "plan": "partner",
    "requests_per_minute": 600,
    "burst": 100,
    "requests_per_day": 50_000,
    "left": 97,
    "left_today": 48_750,
    "day_ends_in_seconds": 51_622,
}
_USAGE: JsonDict = {
    "credential_id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a55",
    "from": "2026-03-01T00:00:00Z",
    "to": "2026-03-02T09:30:00Z",
    "granularity": "day",
    "data": [{"begins_at": "2026-03-01T00:00:00Z", **_COUNTS}],
    "total": _COUNTS,
    "limits": _LIMITS,
    "last_used_at": "2026-03-02T09:29:58Z",
}
_ROW: JsonDict = {
    "credential_id": "0192f0c1-6a00-7d11-8a2b-0c1d2e3f4a55",
    "kind": "partner",
    **_COUNTS,
    "last_used_at": "2026-03-02T09:29:58Z",
}
Kind = Literal["staff", "partner", "service"]


class UsageQuery(Input):
    """Which time, and how finely. Without `from` it is the last day by hour, or the last 30 days by day."""

    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None
    granularity: Granularity = "hour"


class UsageSummaryQuery(Input):
    """Which time and whose use. Without `from` it is the last day."""

    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None
    kind: Kind | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class Counts(Output):
    """Answered calls, and those that failed by whose fault; `limited` ones were refused, and no calls."""

    calls: int
    client_errors: int = Field(description="Answered with 4xx. · 4xx 响应数")
    server_errors: int = Field(description="Answered with 5xx. · 5xx 响应数")
    limited: int = Field(description="Refused by the plan with 429. · 超限被拒绝数")


class UsagePeriod(Counts):
    """One hour or day (UTC) in which there was something."""

    begins_at: Moment


class Limits(Output):
    """The plan, and what is left of it now. `left_today` is null where the plan counts no days."""

    plan: str
    requests_per_minute: int
    burst: int
    requests_per_day: int | None
    left: int
    left_today: int | None
    day_ends_in_seconds: int


class Usage(Output):
    """How much one key called."""

    model_config = ConfigDict(json_schema_extra={"examples": [_USAGE, {**_USAGE, "last_used_at": None}]})

    credential_id: UUID
    from_: Moment = Field(alias="from")
    to: Moment
    granularity: Granularity
    data: list[UsagePeriod]
    total: Counts
    limits: Limits
    last_used_at: Moment | None


class UsageOfCredential(Counts):
    """How much one person or key called."""

    credential_id: UUID
    kind: Kind
    last_used_at: Moment | None


class UsageSummary(Output):
    """Who called most."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T09:30:00Z", "data": [_ROW]},
                {"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z", "data": []},
            ]
        }
    )

    from_: Moment = Field(alias="from")
    to: Moment
    data: list[UsageOfCredential]
