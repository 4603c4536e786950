"""What is shown before and after: whom a rule would concern, the year's days, and what was done."""

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from notify_svc.care_rules.domain import Action, Audience, State
from shared.http import Input, ListQuery, Output
from shared.http.types import Code, Day, Moment


class CareOccasionQuery(ListQuery):
    """Filters of what was done."""

    rule_id: UUID | None = None
    customer_id: UUID | None = None
    occasion: Code | None = None
    year: Annotated[int, Field(ge=1900, le=2200)] | None = None
    action: Action | None = None
    state: State | None = None


_PERSON: dict[str, JsonValue] = {
    "person_kind": "contact",
    "person_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3f",
    "customer_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e",
}


class CareOccasionRead(Output):
    """Somebody was cared for on an occasion, or it was too late for it.

    `year` is the occasion's own: of a lunar one the lunar year. `made_id` is the message or the reminder.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_PERSON,
                    "id": "0197c2f1-6a00-7d11-8a2b-0c1d2e3f4a5d",
                    "rule_id": "0197c2f1-11d4-7f0a-8d43-6d0c2a1be2d1",
                    "occasion": "mid_autumn",
                    "year": 2026,
                    "on": "2026-09-25",
                    "distributor_id": None,
                    "action": "message",
                    "state": "done",
                    "made_id": "0197c2f0-6a00-7d11-8a2b-0c1d2e3f4a5b",
                    "created_at": "2026-09-25T01:00:02Z",
                }
            ]
        }
    )

    id: UUID
    rule_id: UUID
    occasion: str
    year: int
    on: dt.date
    person_kind: Audience
    person_id: UUID
    customer_id: UUID
    distributor_id: UUID | None
    action: Action
    state: State
    made_id: UUID | None
    created_at: Moment


class CarePreviewQuery(Input):
    """The day of the occasion to look at; without it the next one."""

    on: Day | None = None


class CarePerson(Output):
    """Somebody whom the rule is about on that day, and what was done for it already."""

    kind: Audience
    id: UUID
    customer_id: UUID
    year: int
    message: State | None
    reminder: State | None


class CarePreview(Output):
    """Whom a rule would concern, of those in sight; `complete` false: more than could be looked at."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "on": "2026-09-25",
                    "act_on": "2026-09-25",
                    "upcoming": ["2026-09-25", "2027-09-15", "2028-10-03"],
                    "count": 1,
                    "complete": True,
                    "people": [
                        {
                            "kind": "contact",
                            "id": _PERSON["person_id"],
                            "customer_id": _PERSON["customer_id"],
                            "year": 2026,
                            "message": None,
                            "reminder": None,
                        }
                    ],
                }
            ]
        }
    )

    on: dt.date | None
    act_on: dt.date | None
    upcoming: list[dt.date]
    count: int
    complete: bool
    people: list[CarePerson]


class CareCalendarQuery(Input):
    """The year to show; without it this one."""

    year: Annotated[int, Field(ge=1950, le=2100)] | None = None


class CareCalendarDay(Output):
    """A feast or a day of the company, and the rules that are about it."""

    on: dt.date
    occasion: str
    name_zh: str
    name_en: str
    rule_ids: list[UUID]


class CareCalendar(Output):
    """The days of a year, ascending."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"year": 2026, "days": []},
                {
                    "year": 2026,
                    "days": [
                        {
                            "on": "2026-09-25",
                            "occasion": "mid_autumn",
                            "name_zh": "中秋节",
                            "name_en": "Mid-Autumn Festival",
                            "rule_ids": ["0197c2f1-11d4-7f0a-8d43-6d0c2a1be2d1"],
                        }
                    ],
                },
            ]
        }
    )

    year: int
    days: list[CareCalendarDay]
