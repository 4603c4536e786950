"""What the settings of an inbox take and answer."""

from datetime import time
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from notify_svc.digests.domain import Mode, Wish
from shared.db import Record
from shared.holidays import known
from shared.http import Input, Output
from shared.http.types import Flag, Moment, Zone

_EXAMPLE: dict[str, Any] = {
    "mode": "digest",
    "timezone": "Asia/Shanghai",
    "digest_at": "08:30",
    "workdays_only": True,
    "country": "CN",
}


def _known(country: str) -> str:
    if not known(country):
        raise PydanticCustomError("country_unknown", "has no known holidays", {"zh": "没有该国的节假日数据"})
    return country


TimeOfDay = Annotated[
    str,
    StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    Field(examples=["08:30"], description="By the clock of `timezone`."),
]
Country = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2}$"),
    AfterValidator(_known),
    Field(examples=["CN"], description="ISO 3166-1. Its holidays are no workdays, its make-up workdays are."),
]


class InboxSettingsPut(Input):
    """How you want to be told: each reminder at once, or one digest on workdays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_EXAMPLE, {**_EXAMPLE, "mode": "at_once", "timezone": "Europe/Berlin"}]
        }
    )

    mode: Mode
    timezone: Zone = "Asia/Shanghai"
    digest_at: TimeOfDay = "08:30"
    workdays_only: Flag = True
    country: Country | None = "CN"

    def wish(self) -> Wish:
        """The same as a value."""
        return Wish(**{**self.model_dump(), "digest_at": time.fromisoformat(self.digest_at)})


class InboxSettingsRead(Output):
    """How you are told. `next_digest_at` is null for who is told at once, `version` 0 for who never said."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_EXAMPLE, "next_digest_at": "2026-03-02T00:30:00Z", "version": 1}]}
    )

    mode: Mode
    timezone: str
    digest_at: str = Field(examples=["08:30"])
    workdays_only: bool
    country: str | None
    next_digest_at: Moment | None
    version: int


def shown(wish: Wish, row: Record | None) -> dict[str, Any]:
    """What a person wants as `InboxSettingsRead`."""
    return {
        "mode": wish.mode,
        "timezone": wish.timezone,
        "digest_at": f"{wish.digest_at:%H:%M}",
        "workdays_only": wish.workdays_only,
        "country": wish.country,
        "next_digest_at": row["next_digest_at"] if row is not None and wish.mode == "digest" else None,
        "version": 0 if row is None else row["version"],
    }
