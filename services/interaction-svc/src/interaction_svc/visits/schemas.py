"""What requests about visits look like, and what is answered."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, Strict, model_validator
from pydantic_core import PydanticCustomError

from interaction_svc.interactions.domain import Channel
from interaction_svc.interactions.schemas import ParticipantRead, Participants
from interaction_svc.visits.domain import Status, Verb
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import Line, Moment, Text, Zone

_CUSTOMER = "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e"
_STAFF = "0196f0c0-0000-7000-8000-000000000001"
_WHEN = {"starts_at": "2026-12-15T01:00:00Z", "ends_at": "2026-12-15T02:30:00Z"}
PLAN_ZH: dict[str, Any] = {
    "purpose": "年度合作回顾与明年供货计划",
    "content": "带上新款纸箱样品；确认一季度数量。",
    "timezone": "Asia/Shanghai",
    "place": {"text": "上海市嘉定区工厂二号会议室", "latitude": 31.37, "longitude": 121.25},
    "participants": [{"kind": "contact", "id": None, "name": "王建国"}],
}
PLAN_EN: dict[str, Any] = {
    "purpose": "Review of the year and the supply plan",
    "content": "Bring samples of the new boxes; agree on quantities for the first quarter.",
    "timezone": "Europe/London",
    "place": {"text": "Plant 2, meeting room 3", "latitude": 51.5, "longitude": -0.12},
    "participants": [{"kind": "contact", "id": None, "name": "Tom Baker"}],
}
_EXAMPLE_ZH = {"customer_id": _CUSTOMER, **_WHEN, **PLAN_ZH}
_EXAMPLE_EN = {"customer_id": _CUSTOMER, **_WHEN, **PLAN_EN}

Latitude = Annotated[float, Strict(), Field(ge=-90, le=90, description="Degrees north (WGS 84).")]
Longitude = Annotated[float, Strict(), Field(ge=-180, le=180, description="Degrees east (WGS 84).")]
Purpose = Annotated[Line, Field(min_length=1, description="What it is for 拜访目的.")]
TimeZone = Annotated[Zone, Field(description="By whose clock it is planned (IANA).")]


def examples(*given: dict[str, Any]) -> ConfigDict:
    """The examples of a model."""
    return ConfigDict(json_schema_extra={"examples": list(given)})


def kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


class Place(Input):
    """Where it is, in words and, if it is known, as a point."""

    text: Annotated[Line, Field(min_length=1)]
    latitude: Latitude | None = None
    longitude: Longitude | None = None

    @model_validator(mode="after")
    def _a_whole_point(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise PydanticCustomError(
                "half_a_point",
                "must have both latitude and longitude, or none of them",
                {"zh": "纬度与经度须同时提供或都不提供"},
            )
        return self


class VisitCreate(Input):
    """A visit as it is planned; the assignee is the caller unless somebody else is named."""

    model_config = examples(_EXAMPLE_EN, _EXAMPLE_ZH)

    customer_id: UUID
    assignee_id: UUID | None = None
    starts_at: Moment = Field(description="At most a year ago and two years ahead.")
    ends_at: Moment = Field(description="After the start, by at most 24 hours.")
    timezone: TimeZone
    purpose: Purpose
    content: Text | None = Field(None, description="What is to be done 拜访内容.")
    place: Place | None = None
    participants: Participants = Field(default_factory=list)


class VisitPatch(Patch):
    """Changes to a planned visit."""

    model_config = examples(
        {"starts_at": "2026-12-16T01:00:00Z", "ends_at": "2026-12-16T02:30:00Z"},
        {"purpose": "年度合作回顾", "content": None},
    )

    assignee_id: UUID = Field(default_factory=kept)
    starts_at: Moment = Field(default_factory=kept)
    ends_at: Moment = Field(default_factory=kept)
    timezone: TimeZone = Field(default_factory=kept)
    purpose: Purpose = Field(default_factory=kept)
    content: Text | None = None
    place: Place | None = None
    participants: Participants = Field(default_factory=kept)


class VisitCheckIn(Input):
    """Where somebody arrived; when is what our clock says."""

    model_config = examples({"latitude": 31.3702, "longitude": 121.2511, "accuracy_m": 12.5})

    latitude: Latitude
    longitude: Longitude
    accuracy_m: Annotated[float, Strict(), Field(ge=0, le=100_000)] | None = Field(
        None, description="Within so many metres."
    )


class VisitReport(Input):
    """What came of it; it becomes an interaction with the customer."""

    model_config = examples(
        {"summary": "Quantities agreed; price to follow.", "agreement": "We send the offer by Friday."},
        {"summary": "明年一季度数量已确认，价格待定。", "agreement": "周五前寄出报价。"},
    )

    summary: Annotated[Text, Field(min_length=1)]
    agreement: Text | None = None
    occurred_at: Moment | None = Field(
        None, description="When it took place; else when somebody checked in, or the planned start."
    )
    channel: Channel = "meeting"


class VisitCancel(Input):
    """Why it does not take place."""

    model_config = examples({"reason": "The customer is travelling."}, {"reason": "客户出差，另约时间。"})

    reason: Annotated[Text, Field(min_length=1)]


class PlaceRead(Output):
    text: str
    latitude: float | None
    longitude: float | None


class CheckInRead(Output):
    """Where and when somebody arrived."""

    latitude: float
    longitude: float
    accuracy_m: float | None
    at: Moment
    by: UUID


class Warned(Output):
    """What should be looked at; it blocks nothing."""

    code: Literal["senior_missing"]
    text: str


def _shown(plan: dict[str, Any], warning: str) -> dict[str, Any]:
    return {
        "id": "0196f0d5-22bb-7b3c-8d4e-1f2a3b4c5d6e",
        **plan,
        **dict.fromkeys(("distributor_id", "series_id", "check_in", "interaction_id")),
        **dict.fromkeys(("done_at", "done_by", "missed_at", "cancelled_at", "cancelled_by", "reason")),
        "assignee_id": _STAFF,
        "by_hand": False,
        "status": "planned",
        "late": False,
        "warnings": [{"code": "senior_missing", "text": warning}],
        "created_by": _STAFF,
        "version": 1,
        "created_at": "2026-12-01T09:31:00Z",
        "updated_at": "2026-12-01T09:31:00Z",
    }


class VisitRead(Output):
    """A visit; `late` says that it was missed before it was reported.

    `by_hand` is of a visit of a series that somebody changed or cancelled by itself; the series leaves it
    alone.
    """

    model_config = examples(
        _shown(_EXAMPLE_EN, "Nobody senior visited this customer for too long: let somebody join."),
        _shown(_EXAMPLE_ZH, "该客户已超过规定期限没有高层人员拜访，请安排同行。"),
    )

    id: UUID
    customer_id: UUID
    distributor_id: UUID | None
    assignee_id: UUID
    series_id: UUID | None
    by_hand: bool
    starts_at: Moment
    ends_at: Moment
    timezone: str
    purpose: str
    content: str | None
    place: PlaceRead | None
    participants: list[ParticipantRead]
    status: Status
    late: bool
    check_in: CheckInRead | None
    interaction_id: UUID | None
    done_at: Moment | None
    done_by: UUID | None
    missed_at: Moment | None
    cancelled_at: Moment | None
    cancelled_by: UUID | None
    reason: str | None
    warnings: list[Warned]
    created_by: UUID
    version: int
    created_at: Moment
    updated_at: Moment


class VisitStepRead(Output):
    """One step of the history: how the visit stands after it. `done_by` null: its time passed."""

    version: int
    verb: Verb
    status: Status
    starts_at: Moment
    ends_at: Moment
    assignee_id: UUID
    note: str | None
    done_by: UUID | None
    done_at: Moment


class VisitHistory(Output):
    """Every step of one visit, oldest first."""

    data: list[VisitStepRead]


class VisitQuery(ListQuery):
    """Filters of the list; `senior_missing` are planned visits that the rule of senior visitors warns of."""

    customer_id: UUID | None = None
    assignee_id: UUID | None = None
    status: Status | None = None
    series_id: UUID | None = None
    senior_missing: bool | None = None
    starts_at_gte: Moment | None = Field(None, alias="starts_at[gte]")
    starts_at_lt: Moment | None = Field(None, alias="starts_at[lt]")
