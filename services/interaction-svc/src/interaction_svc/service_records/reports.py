"""How the report over services is asked for and shown."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from interaction_svc.processes.schemas import WordsRead
from shared.http import Input, Output
from shared.http.types import Moment
from shared.problems import Invalid

_USUAL = timedelta(days=90)
_TIMES: dict[str, Any] = {
    "median_seconds": 1800.0,
    "p90_seconds": 5400.0,
    "median_working_seconds": 1800.0,
    "p90_working_seconds": 3600.0,
}
_NAME = {"en": "Repair", "zh": "售后维修"}


def _example(name: dict[str, Any]) -> dict[str, Any]:
    step = {"code": "accept", "runs": 40, "completed": 38, "skipped": 1, "share_in_time": 0.92}
    process = {
        "process_id": "0196f0e6-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
        "name": name,
        "records": 40,
        "running": 2,
        "done": 36,
        "cancelled": 2,
        "ratings": 21,
        "mean_rating": 4.4,
        "steps": [{**step, "waiting": _TIMES, "handling": _TIMES}],
    }
    return {"from": "2026-01-01T00:00:00Z", "to": "2026-04-01T00:00:00Z", "data": [process]}


class SummaryQuery(Input):
    """Services that started in this time; the last 90 days if nothing is said."""

    since: Moment | None = Field(None, alias="from", description="Services that started then or later.")
    until: Moment | None = Field(
        None, alias="to", description="Services that started before; now if not said."
    )
    process_id: UUID | None = None

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """From when, until when; Invalid when nothing lies between."""
        until = self.until or now
        since = self.since or until - _USUAL
        if since >= until:
            raise Invalid.at("?to", "not_after", en="must lie behind from", zh="须晚于 from")
        return since, until


class TimesRead(Output):
    """Half of all took no longer than the median, nine of ten no longer than p90; null without any."""

    median_seconds: float | None
    p90_seconds: float | None
    median_working_seconds: float | None
    p90_working_seconds: float | None


class StepFigures(Output):
    """One step over all versions of its process. `share_in_time` is of those that were completed."""

    code: str = Field(examples=["accept"])
    runs: int = Field(description="In how many services its turn came.")
    completed: int
    skipped: int
    waiting: TimesRead
    handling: TimesRead
    share_in_time: float | None


class ProcessFigures(Output):
    """One process; null: services without one."""

    process_id: UUID | None
    name: WordsRead | None
    records: int
    running: int
    done: int
    cancelled: int
    ratings: int
    mean_rating: float | None
    steps: list[StepFigures]


class ServiceSummary(Output):
    """What can be seen of the services that started in this time, by process and step."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [_example({**_NAME, "zh": None}), _example({**_NAME, "en": None})]}
    )

    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")
    data: list[ProcessFigures]
