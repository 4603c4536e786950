"""What runs of playbooks and dry runs take and answer."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from notify_svc.playbook_runs.domain import Outcome, RunState, StepState
from shared.http import Input, ListQuery, Output
from shared.http.types import NO_FLAG, Moment, Zone

_RUN: dict[str, JsonValue] = {
    "id": "0197c2f5-0c1d-7f3e-8a41-5d2b6f0e9c11",
    "playbook_id": "0197c2f1-20cb-7a55-9d1e-6b0c1f2a3d4e",
    "playbook_code": "winback.lost",
    "title_zh": "流失客户挽回",
    "title_en": "Win back a lost customer",
    "playbook_version": 1,
    "customer_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e",
    "distributor_id": None,
    "state": "running",
    "outcome": None,
    "code": None,
    "step": 4,
    "wake_at": "2026-03-09T02:00:00Z",
    "entered_at": "2026-03-01T09:30:00Z",
    "created_at": "2026-03-01T09:30:01.120Z",
    "updated_at": "2026-03-02T09:30:01.120Z",
    "finished_at": None,
    "changed_by": None,
    "version": 1,
}
_RUN_EN = {**_RUN, "title_zh": "VIP", "title_en": "Tag core customers", "playbook_code": "vip.tag"}
_STEP: dict[str, JsonValue] = {
    "step": 3,
    "kind": "reminder",
    "state": "done",
    "code": None,
    "made_id": "0197c2f5-91d4-7f0a-8d43-6d0c2a1be2c4",
    "until": None,
    "at": "2026-03-02T09:30:01.120Z",
}
_DRY: dict[str, JsonValue] = {
    "days": 30,
    "entered": 42,
    "by_day": [{"day": "2026-02-20", "entered": 3}],
    "steps": [{"step": 1, "kind": "reminder", "runs": 42}],
    "outcomes": {"goal_reached": 5, "completed": 12},
    "going_on": 25,
    "customers": ["0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e"],
    "facts": 3210,
    "truncated": False,
}


class PlaybookRunQuery(ListQuery):
    """What the list of runs may be filtered by."""

    playbook_id: UUID | None = None
    customer_id: UUID | None = None
    state: RunState | None = None
    outcome: Outcome | None = None


class PlaybookRunRead(Output):
    """A customer's way through a playbook. `step` is the next one; `code` says what ended the run."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RUN_EN, _RUN]})

    id: UUID
    playbook_id: UUID
    playbook_code: str
    title_zh: str
    title_en: str
    playbook_version: int
    customer_id: UUID
    distributor_id: UUID | None
    state: RunState
    outcome: Outcome | None
    code: str | None
    step: int
    wake_at: Moment | None = Field(
        description="When the next step is due; null when over, or while another service's answer is awaited."
    )
    entered_at: Moment
    created_at: Moment
    updated_at: Moment
    finished_at: Moment | None
    changed_by: UUID | None
    version: int


class PlaybookStepRead(Output):
    """A step that was taken: what became of it and why, and the id of what it made.

    `waiting`: another service is being asked. `skipped`: a condition did not hold.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_STEP]})

    step: int
    kind: str
    state: StepState
    code: str | None
    made_id: UUID | None
    until: Moment | None = Field(description="Until when it has the run wait.")
    at: Moment


class PlaybookRunDetail(PlaybookRunRead):
    """A run with the steps that it took."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**each, "steps": [_STEP]} for each in (_RUN_EN, _RUN)]}
    )

    steps: list[PlaybookStepRead]


class PlaybookDryRun(Input):
    """How far to look back, which version is tried (default: the latest), and whose days are counted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"days": 30}, {"days": 7, "number": 1}]})

    days: Annotated[int, Field(ge=1, le=35), NO_FLAG] = 30
    number: Annotated[int, Field(ge=1, le=2**31 - 1), NO_FLAG] | None = None
    timezone: Zone = "Asia/Shanghai"


class DryRunDay(Output):
    """How many customers would have entered on a day."""

    day: date
    entered: int


class DryRunStep(Output):
    """How many runs would have taken a step by now."""

    step: int
    kind: str
    runs: int


class PlaybookDryRunRead(Output):
    """What a playbook would have done by now, had it been in force; nothing was done.

    Conditions go by how customers stand now. `customers` are the first that would have entered. With
    `truncated` only the first hundred thousand facts were looked at.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_DRY]})

    days: int
    entered: int
    by_day: list[DryRunDay]
    steps: list[DryRunStep]
    outcomes: dict[Literal["goal_reached", "completed", "stopped", "exited"], int]
    going_on: int
    customers: list[UUID]
    facts: int
    truncated: bool


def run_shown(row: Any, steps: Any = None) -> dict[str, Any]:
    """A row of a run as it is answered, with its steps if they are there."""
    shown = {**dict(row), "playbook_version": row["number"]}
    return shown if steps is None else {**shown, "steps": [dict(step) for step in steps]}
