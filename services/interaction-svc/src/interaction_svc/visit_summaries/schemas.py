"""What a summary is asked and answers."""

from datetime import timedelta
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.http import Input, Output
from shared.http.types import Moment

_MOST = timedelta(days=366)


class SummaryQuery(Input):
    """Which visits: those that start from `from` on and before `to`, at most a year later."""

    start: Moment = Field(alias="from", examples=["2026-11-01T00:00:00Z"])
    end: Moment = Field(alias="to", examples=["2026-12-01T00:00:00Z"])
    assignee_id: UUID | None = None

    @model_validator(mode="after")
    def _a_year_at_most(self) -> Self:
        if not timedelta(0) < self.end - self.start <= _MOST:
            raise PydanticCustomError(
                "period_wrong",
                "must end after it begins, and at most 366 days later",
                {"zh": "结束时间须晚于开始时间，且跨度不超过 366 天"},
            )
        return self


class PersonSummary(Output):
    """One person's visits of the period.

    `planned` are all but the cancelled ones, `open` those of them that are still to come or to be reported,
    `on_time` those of the done ones that had not been missed first; `done_share` is of what was due: done
    or missed (null: nothing was).
    """

    assignee_id: UUID
    planned: int
    done: int
    on_time: int
    missed: int
    cancelled: int
    open: int
    done_share: float | None


class VisitSummary(Output):
    """Everybody in sight who had visits in the period."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "from": "2026-11-01T00:00:00Z",
                    "to": "2026-12-01T00:00:00Z",
                    "data": [
                        {
                            "assignee_id": "0196f0c0-0000-7000-8000-000000000001",
                            "planned": 12,
                            "done": 9,
                            "on_time": 8,
                            "missed": 1,
                            "cancelled": 2,
                            "open": 2,
                            "done_share": 0.9,
                        }
                    ],
                }
            ]
        }
    )

    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")
    data: list[PersonSummary]
