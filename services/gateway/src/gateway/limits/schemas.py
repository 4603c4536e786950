"""What is said about plans over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import NO_FLAG, Moment, Name

_EXAMPLE_ZH: JsonDict = {
    "code": "partner_gold",
    "name": "金牌经销商",
    "requests_per_minute": 1200,
    "burst": 200,
    "requests_per_day": 200000,
}
_EXAMPLE_EN: JsonDict = {
    "code": "nightly_sync",
    "name": "Nightly synchronisation",
    "requests_per_minute": 3000,
    "burst": 500,
    "requests_per_day": None,
}

PlanCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$"), Field(examples=["partner"])]
PerMinute = Annotated[int, Field(ge=1, le=1_000_000, examples=[600]), NO_FLAG]
Burst = Annotated[int, Field(ge=1, le=100_000, examples=[100]), NO_FLAG]
PerDay = Annotated[int, Field(ge=1, le=1_000_000_000, examples=[50_000]), NO_FLAG]


class PlanCreate(Input):
    """A new plan. Without `requests_per_day` days are not counted."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE_ZH, _EXAMPLE_EN]})

    code: PlanCode
    name: Name
    requests_per_minute: PerMinute
    burst: Burst
    requests_per_day: PerDay | None = None


class PlanPatch(Patch):
    """Changes to a plan; its code stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"requests_per_minute": 900}, {"requests_per_day": None}]}
    )

    name: Name = ""
    requests_per_minute: PerMinute = 1
    burst: Burst = 1
    requests_per_day: PerDay | None = None


class PlanRead(Output):
    """A plan: so many requests a minute, at most `burst` at once, so many a day (UTC; null: not counted)."""

    id: UUID
    code: str
    name: str
    requests_per_minute: int
    burst: int
    requests_per_day: int | None
    version: int
    created_at: Moment
    updated_at: Moment


class PlanQuery(ListQuery):
    """Filters of the list."""

    code: PlanCode | None = None
