"""What requests about calendars look like, and what is answered."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from interaction_svc.calendars.domain import Source
from interaction_svc.calendars.spans import WEEKDAYS, DaySpans
from shared.http import Input, ListQuery, Output, Patch
from shared.http.types import ISO_DAY, Moment, Name, Zone

_MOST_DAYS = 366
_MOST_MINUTES = 366 * 24 * 60
_OFFICE = ["09:00-12:00", "13:30-18:00"]
_WEEK: dict[str, list[str]] = dict.fromkeys(WEEKDAYS[:5], _OFFICE)
_EXAMPLE_ZH: dict[str, Any] = {
    "name": "上海客服",
    "timezone": "Asia/Shanghai",
    "week": _WEEK,
    "country": "CN",
}
_EXAMPLE_EN: dict[str, Any] = {
    "name": "London service desk",
    "timezone": "Europe/London",
    "week": {**_WEEK, "sat": ["10:00-14:00"]},
    "country": "GB",
    "subdivision": "ENG",
}
_READ: dict[str, Any] = {
    "id": "0196f0d0-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "org_unit_id": None,
    "subdivision": None,
    "version": 1,
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T01:00:00Z",
}

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Subdivision = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,3}$")]


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


def _kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


class Week(Input):
    """The working spans of each weekday by the wall clock; a day that is left out is free."""

    mon: DaySpans = Field(default_factory=list)
    tue: DaySpans = Field(default_factory=list)
    wed: DaySpans = Field(default_factory=list)
    thu: DaySpans = Field(default_factory=list)
    fri: DaySpans = Field(default_factory=list)
    sat: DaySpans = Field(default_factory=list)
    sun: DaySpans = Field(default_factory=list)

    @model_validator(mode="after")
    def _somebody_works(self) -> Self:
        if not any(getattr(self, day) for day in WEEKDAYS):
            raise PydanticCustomError(
                "week_empty",
                "must have working time on one day at least",
                {"zh": "一周至少须有一天有工作时间"},
            )
        return self


class CalendarCreate(Input):
    """When people work: hours of the week, and whose statutory holidays are free."""

    model_config = _examples(_EXAMPLE_ZH, _EXAMPLE_EN)

    name: Name
    org_unit_id: UUID | None = Field(None, description="Whose it is; null: of all who have no other.")
    timezone: Zone
    week: Week
    country: Country | None = Field(None, description="ISO 3166-1 alpha-2; null: no holidays.")
    subdivision: Subdivision | None = Field(None, description="ISO 3166-2 without the country.")


class CalendarPatch(Patch):
    model_config = _examples({"week": {"mon": ["08:00-17:00"]}}, {"name": "上海客服（夏令时间）"})

    name: Name = Field(default_factory=_kept)
    timezone: Zone = Field(default_factory=_kept)
    week: Week = Field(default_factory=_kept)
    country: Country | None = None
    subdivision: Subdivision | None = None


class WeekRead(Output):
    mon: list[str]
    tue: list[str]
    wed: list[str]
    thu: list[str]
    fri: list[str]
    sat: list[str]
    sun: list[str]


class CalendarRead(Output):
    model_config = _examples(
        *(
            {**_READ, **example, "week": {day: example["week"].get(day, []) for day in WEEKDAYS}}
            for example in (_EXAMPLE_ZH, _EXAMPLE_EN)
        )
    )

    id: UUID
    name: str
    org_unit_id: UUID | None
    timezone: str
    week: WeekRead
    country: str | None
    subdivision: str | None
    version: int
    created_at: Moment
    updated_at: Moment


class CalendarQuery(ListQuery):
    org_unit_id: UUID | None = None


class DaySet(Input):
    """A day as it is worked instead of what the week and the holidays say; no spans: it is free."""

    model_config = _examples(
        {"spans": ["10:00-16:00"], "name": "春节值班"}, {"spans": [], "name": "Company outing"}
    )

    spans: DaySpans
    name: Name | None = None


class DayRead(Output):
    """One day: what is worked, and whether the week, a holiday, a make-up workday 调休 or a hand says so."""

    model_config = _examples(
        {"day": "2026-02-14", "spans": _OFFICE, "source": "makeup", "name": None},
        {"day": "2026-02-17", "spans": [], "source": "holiday", "name": "春节"},
    )

    day: date
    spans: list[str]
    source: Source
    name: str | None


class Days(Output):
    """Days in their order."""

    data: list[DayRead]


PlannedDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31)), ISO_DAY]


class DaysQuery(Input):
    since: PlannedDay = Field(description="The first day.")
    until: PlannedDay = Field(description="The last day, at most a year later.")

    @model_validator(mode="after")
    def _a_year_at_most(self) -> Self:
        if not 0 <= (self.until - self.since).days < _MOST_DAYS:
            raise PydanticCustomError(
                "period_wrong",
                "must end on or after its first day, and at most a year later",
                {"zh": "结束日期不得早于开始日期，且跨度不超过一年"},
            )
        return self


class DeadlineQuery(Input):
    start: Moment
    minutes: int = Field(description="Working time.", ge=0, le=_MOST_MINUTES)


class Deadline(Output):
    """When so much working time has passed."""

    model_config = _examples(
        {"start": "2026-02-13T09:00:00Z", "minutes": 480, "due_at": "2026-02-24T02:00:00Z"},
        {"start": "2026-03-02T01:00:00Z", "minutes": 60, "due_at": "2026-03-02T02:00:00Z"},
    )

    start: Moment
    minutes: int
    due_at: Moment
