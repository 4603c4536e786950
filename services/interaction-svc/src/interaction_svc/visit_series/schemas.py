"""What requests about series of visits look like, and what is answered."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    NaiveDatetime,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from interaction_svc.interactions.schemas import ParticipantRead, Participants
from interaction_svc.visits.schemas import (
    PLAN_EN,
    PLAN_ZH,
    Place,
    PlaceRead,
    Purpose,
    TimeZone,
    examples,
    kept,
)
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import NO_FLAG, Moment, Text, clean_text
from shared.recurrence import MOST_LETTERS

_CUSTOMER = "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e"
_STAFF = "0196f0c0-0000-7000-8000-000000000001"
_WALL = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:00)?$"
_EXAMPLE_ZH: dict[str, Any] = {
    "customer_id": _CUSTOMER,
    "rrule": "FREQ=MONTHLY;BYDAY=1TU",
    "starts_on_local": "2026-12-01T09:00:00",
    "duration_minutes": 90,
    **PLAN_ZH,
}
_EXAMPLE_EN: dict[str, Any] = {
    "customer_id": _CUSTOMER,
    "rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;COUNT=12",
    "starts_on_local": "2026-12-02T14:00:00",
    "duration_minutes": 60,
    **PLAN_EN,
}


def _wall_clock(value: Any) -> Any:
    """Texts of that form and times themselves: a bare number would be taken for seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and re.match(_WALL, value)):
        return value
    raise PydanticCustomError(
        "not_a_local_time",
        "must be a date and a time of whole minutes without a zone, like 2026-12-01T09:00",
        {"zh": "必须是不带时区、精确到分钟的日期时间，如 2026-12-01T09:00"},
    )


LocalTime = Annotated[
    NaiveDatetime,
    BeforeValidator(_wall_clock),
    PlainSerializer(datetime.isoformat, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": _WALL, "maxLength": 19, "examples": ["2026-12-01T09:00:00"]}
    ),
    Field(description="The first day and the time of day, by the wall clock of the zone."),
]
RRule = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MOST_LETTERS),
    BeforeValidator(lambda value: clean_text(value) if isinstance(value, str) else value),
    Field(
        description=(
            "RRULE of RFC 5545: FREQ DAILY, WEEKLY, MONTHLY or YEARLY with INTERVAL (to 99), BYDAY, "
            "BYMONTHDAY, BYMONTH, BYSETPOS, WKST, and COUNT (to 1000) or UNTIL (within five years) or no end."
        ),
        examples=["FREQ=WEEKLY;BYDAY=TU"],
    ),
]
Minutes = Annotated[int, Field(ge=1, le=24 * 60), NO_FLAG]


class SeriesCreate(Input):
    """Visits that repeat; the assignee is the caller unless somebody else is named."""

    model_config = examples(_EXAMPLE_EN, _EXAMPLE_ZH)

    customer_id: UUID
    assignee_id: UUID | None = None
    rrule: RRule
    starts_on_local: LocalTime
    timezone: TimeZone
    duration_minutes: Minutes
    purpose: Purpose
    content: Text | None = None
    place: Place | None = None
    participants: Participants = Field(default_factory=list)


class SeriesPatch(Patch):
    """Changes to what is still to come of a series."""

    model_config = examples(
        {"starts_on_local": "2026-12-02T10:00:00", "duration_minutes": 45},
        {"purpose": "季度供货计划", "content": None},
    )

    assignee_id: UUID = Field(default_factory=kept)
    rrule: RRule = Field(default_factory=kept)
    starts_on_local: LocalTime = Field(default_factory=kept)
    timezone: TimeZone = Field(default_factory=kept)
    duration_minutes: Minutes = Field(default_factory=kept)
    purpose: Purpose = Field(default_factory=kept)
    content: Text | None = None
    place: Place | None = None
    participants: Participants = Field(default_factory=kept)


class SeriesEnd(Input):
    """From when on there are no more visits; now, if nothing is said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"from": "2027-01-01T00:00:00Z"}]})

    start: Moment | None = Field(None, alias="from")


class SeriesRead(Output):
    """A series; visits that start before `made_until` are there."""

    model_config = examples(
        *(
            {
                "id": "0196f0d6-33cc-7c4d-8e5f-2a3b4c5d6e7f",
                **example,
                "distributor_id": None,
                "assignee_id": _STAFF,
                "status": "active",
                "made_until": "2027-03-01T01:00:00Z",
                "ends_at": None,
                "ended_at": None,
                "ended_by": None,
                "created_by": _STAFF,
                "version": 1,
                "created_at": "2026-12-01T01:00:00Z",
                "updated_at": "2026-12-01T01:00:00Z",
            }
            for example in (_EXAMPLE_EN, _EXAMPLE_ZH)
        )
    )

    id: UUID
    customer_id: UUID
    distributor_id: UUID | None
    assignee_id: UUID
    rrule: str
    starts_on_local: LocalTime
    timezone: str
    duration_minutes: int
    purpose: str
    content: str | None
    place: PlaceRead | None
    participants: list[ParticipantRead]
    status: Literal["active", "ended"]
    made_until: Moment
    ends_at: Moment | None
    ended_at: Moment | None
    ended_by: UUID | None
    created_by: UUID
    version: int
    created_at: Moment
    updated_at: Moment


class SeriesQuery(ListQuery):
    """Filters of the list; `ended` are those that somebody ended."""

    customer_id: UUID | None = None
    assignee_id: UUID | None = None
    ended: bool | None = None
