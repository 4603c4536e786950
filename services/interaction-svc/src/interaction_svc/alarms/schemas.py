"""How the clocks of a complaint are shown."""

from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field

from interaction_svc.sla.domain import Metric, SlaState
from shared.http import Output
from shared.http.types import Moment

_CLOCK: dict[str, Any] = {
    "metric": "first_answer",
    "policy_id": "0196f0d1-2b3c-7d4e-8f50-6b7c8d9e0f1a",
    "state": "met",
    "started_at": "2026-03-02T01:00:00Z",
    "warn_at": "2026-03-02T01:48:00Z",
    "due_at": "2026-03-02T02:00:00Z",
    "paused_at": None,
    "done_at": "2026-03-02T01:40:00Z",
    "alarms_told": 0,
}


class ClockRead(Output):
    """One clock: `due_at` is stored, and moves only with a pause, the policy or the calendar."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CLOCK]})

    metric: Metric
    policy_id: UUID | None
    state: SlaState
    started_at: Moment
    warn_at: Moment
    due_at: Moment
    paused_at: Moment | None
    done_at: Moment | None
    alarms_told: int = Field(description="How many of warning, breach and escalations were told.")


class Clocks(Output):
    """Every clock of one complaint, oldest first; one that was started anew stands there again."""

    data: list[ClockRead]
