"""What a reminder may be asked for beside its moment: to repeat, to wait, to hold still, to be heard."""

import re
from datetime import datetime
from typing import Annotated, Any
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

from notify_svc.reminders.domain import Awaited, Channel
from shared.http import Input
from shared.http.types import NO_FLAG, Code, Flag, clean_text
from shared.http.types import Zone as KnownZone
from shared.recurrence import MOST_LETTERS

_WALL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?")


def _only_wall_time(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _WALL_TIME.fullmatch(value)):
        return value
    raise ValueError("not a wall time")


WallTime = Annotated[
    NaiveDatetime,
    BeforeValidator(_only_wall_time),
    PlainSerializer(datetime.isoformat, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_WALL_TIME.pattern}$",
            "description": "What the clock shows; no offset, no Z.",
            "examples": ["2026-03-02T09:00:00"],
        }
    ),
]
Zone = Annotated[str, Field(max_length=64, examples=["Asia/Shanghai"], description="IANA time zone.")]
Channels = Annotated[list[Channel], Field(min_length=1, max_length=8)]
Minutes = Annotated[int, Field(ge=1, le=527_040, description="From now; a year at most."), NO_FLAG]
RRule = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MOST_LETTERS),
    BeforeValidator(lambda value: clean_text(value) if isinstance(value, str) else value),
    Field(
        description=(
            "RRULE of RFC 5545, from `local_time` on by the clock of `timezone`: FREQ DAILY, WEEKLY, MONTHLY "
            "or YEARLY with INTERVAL (to 99), BYDAY, BYMONTHDAY, BYMONTH, BYSETPOS, WKST, and COUNT (to "
            "1000) or UNTIL (within five years) or no end. A day that a month lacks is its last one."
        ),
        examples=["FREQ=WEEKLY;BYDAY=TU"],
    ),
]
TimeOfDay = Annotated[
    str,
    StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    Field(examples=["09:00"], description="What the clock of `timezone` shows."),
]
_Codes = Annotated[list[Code], Field(min_length=1, max_length=20)]


class ReminderAfter(Input):
    """After the next such event of the customer: so many days later (negative: before what it tells of)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"event": "visit.done", "days": 3, "at": "09:00", "timezone": "Asia/Shanghai"},
                {"event": "promise.due", "days": -1},
            ]
        }
    )

    event: Awaited
    days: Annotated[int, Field(ge=-365, le=365), NO_FLAG]
    at: TimeOfDay | None = None
    timezone: KnownZone | None = None


class ReminderOnlyIf(Input):
    """What must still hold when it is due, or it is skipped; what is not said does not matter."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"customer_active": True, "tiers": ["core"], "no_order_since": True}]}
    )

    customer_active: Flag | None = Field(None, description="The customer is active.")
    tiers: _Codes | None = Field(None, description="It is in one of these tiers.")
    stages: _Codes | None = Field(None, description="It is in one of these stages of its life.")
    churn_levels: _Codes | None = Field(None, description="Its risk to leave is one of these.")
    no_contact_since: Flag | None = Field(None, description="Nobody was in contact since this was made.")
    no_order_since: Flag | None = Field(None, description="It has not ordered since this was made.")


class ReminderEscalation(Input):
    """Whom to tell when nobody touches it for so long after it is due; null: the queue of the managers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"after_minutes": 240, "to_id": None}]})

    after_minutes: Annotated[int, Field(ge=1, le=43_200), NO_FLAG]
    to_id: UUID | None = None


def flat(values: dict[str, Any]) -> dict[str, Any]:
    """What a body says as the columns that keep it; of conditions only those that were said."""
    kept = {name: value for name, value in values.items() if name != "escalate"}
    if "escalate" in values:
        wish = values["escalate"] or {}
        kept |= {"escalate_after_minutes": wish.get("after_minutes"), "escalate_to_id": wish.get("to_id")}
    if "only_if" in values:
        said = values["only_if"] or {}
        kept["only_if"] = {name: value for name, value in said.items() if value}
    return kept
