"""What requests about services look like, and what is answered."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from interaction_svc.processes.domain import Phase, Role
from interaction_svc.processes.schemas import FormFieldRead, WordsRead
from interaction_svc.service_records.domain import Status, StepStatus, Verb
from shared.http import Input, ListQuery, Output
from shared.http.types import NO_FLAG, Moment, Text

_CUSTOMER = "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e"
_PROCESS = "0196f0e6-1a2b-7c3d-8e4f-5a6b7c8d9e0f"
_STAFF = "0196f0c0-0000-7000-8000-000000000001"
_RUN: dict[str, Any] = {"customer_id": _CUSTOMER, "process_id": _PROCESS, "content": "饮水机漏水，客户送修。"}
_DONE: dict[str, Any] = {
    "customer_id": _CUSTOMER,
    "phase": "after_sale",
    "content": "Changed the filter on the customer's premises.",
    "occurred_at": "2026-03-02T02:15:00Z",
    "staff_id": _STAFF,
}
_MOST_VALUES = 100


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


Content = Annotated[Text, Field(min_length=1, examples=["饮水机漏水，客户送修。"])]
Reason = Annotated[Text, Field(min_length=1)]
Rating = Annotated[int, Field(ge=1, le=5, description="5 is the best."), NO_FLAG]
Form = Annotated[
    dict[str, Any],
    Field(
        max_length=_MOST_VALUES,
        description="Values by the fields' codes; dates as YYYY-MM-DD.",
        examples=[{"fault": "漏水"}],
    ),
]


class ServiceRecordCreate(Input):
    """Either a service that starts now by a process, or one that took place, without a process."""

    model_config = _examples(_DONE, _RUN)

    customer_id: UUID
    interaction_id: UUID | None = Field(None, description="The interaction with this customer it is part of.")
    complaint_id: UUID | None = Field(None, description="The complaint of this customer it is part of.")
    content: Content | None = Field(None, description="What it is about; required without a process.")
    process_id: UUID | None = Field(None, description="The template whose steps it takes.")
    assignee_id: UUID | None = Field(None, description="With a process: who looks after it.")
    phase: Phase | None = Field(
        None, description="Without a process, required; with one it is the process's."
    )
    occurred_at: Moment | None = Field(
        None, description="Without a process, required: when it took place; in the last ten years."
    )
    staff_id: UUID | None = Field(
        None,
        description="Without a process: who did it, the caller if nobody is named; read as `assignee_id`.",
    )
    rating: Rating | None = Field(None, description="Without a process: how the customer rated it.")
    rating_comment: Text | None = None


class ServiceStepStart(Input):
    model_config = _examples({}, {"assignee_id": _STAFF})

    assignee_id: UUID | None = Field(None, description="Who does it; the caller if nobody is named.")


class ServiceStepComplete(Input):
    model_config = _examples({"form": {"visitors": 12}}, {"form": {"fault": "漏水"}})

    form: Form = Field(default_factory=dict)


class ServiceStepSkip(Input):
    model_config = _examples({"reason": "Not needed: under warranty."}, {"reason": "在保修期内，无需报价。"})

    reason: Reason


class ServiceCancel(Input):
    model_config = _examples({"reason": "The customer bought a new one."}, {"reason": "客户已购买新机。"})

    reason: Reason


class ServiceRate(Input):
    """What the customer says of a service, noted by somebody of the staff."""

    model_config = _examples(
        {"rating": 5, "comment": "Quick and friendly."}, {"rating": 4, "comment": "及时"}
    )

    rating: Rating
    comment: Text | None = None


_RECORD: dict[str, Any] = {
    "id": "0196f0e7-2b3c-7d4e-8f50-6b7c8d9e0f1a",
    "distributor_id": None,
    "interaction_id": None,
    "complaint_id": None,
    "reason": None,
    "rating": None,
    "rating_comment": None,
    "rated_at": None,
    "rated_by": None,
    "created_by": _STAFF,
    "version": 1,
    "created_at": "2026-03-02T02:20:00Z",
    "updated_at": "2026-03-02T02:20:00Z",
}
_RUNNING: dict[str, Any] = {
    **_RECORD,
    **_RUN,
    "phase": "after_sale",
    "status": "running",
    "process_version": 1,
    "assignee_id": _STAFF,
    "handler_id": None,
    "step_code": "accept",
    "due_at": "2026-03-02T03:20:00Z",
    "occurred_at": None,
    "started_at": "2026-03-02T02:20:00Z",
    "finished_at": None,
}
_OVER: dict[str, Any] = {
    **_RECORD,
    **{name: value for name, value in _DONE.items() if name != "staff_id"},
    "status": "done",
    "process_id": None,
    "process_version": None,
    "assignee_id": _STAFF,
    "handler_id": None,
    "step_code": None,
    "due_at": None,
    "started_at": "2026-03-02T02:15:00Z",
    "finished_at": "2026-03-02T02:15:00Z",
}
_STEP: dict[str, Any] = {
    "code": "accept",
    "name": {"en": "Take in", "zh": "受理"},
    "role": "service",
    "expected_minutes": 60,
    "fields": [
        {
            "code": "fault",
            "label": {"en": "Fault", "zh": "故障现象"},
            "type": "choice",
            "required": True,
            "options": ["漏水", "不加热"],
        }
    ],
    "status": "ready",
    "ready_at": "2026-03-02T02:20:00Z",
    "due_at": "2026-03-02T03:20:00Z",
    **dict.fromkeys(("assignee_id", "started_at", "started_by", "finished_at", "finished_by")),
    **dict.fromkeys(("waiting_seconds", "waiting_working_seconds")),
    **dict.fromkeys(("handling_seconds", "handling_working_seconds", "form", "reason")),
}


class ServiceRecordRead(Output):
    """A service; `step_code` is the step whose turn it is, `due_at` until when it shall be done.

    `assignee_id` looks after it, or did it if there is no process; `handler_id` has the started step in hand.
    """

    model_config = _examples(_OVER, _RUNNING)

    id: UUID
    customer_id: UUID
    distributor_id: UUID | None
    interaction_id: UUID | None
    complaint_id: UUID | None
    phase: Phase
    status: Status
    process_id: UUID | None
    process_version: int | None
    content: str | None
    assignee_id: UUID | None
    handler_id: UUID | None
    step_code: str | None = Field(examples=["accept"])
    due_at: Moment | None
    occurred_at: Moment | None = Field(description="Of a service without a process: when it took place.")
    started_at: Moment
    finished_at: Moment | None
    reason: str | None = Field(description="Why it was cancelled.")
    rating: int | None
    rating_comment: str | None
    rated_at: Moment | None
    rated_by: UUID | None
    created_by: UUID
    version: int
    created_at: Moment
    updated_at: Moment


class ServiceStepRead(Output):
    """One step: waiting is from `ready_at` to `started_at`, handling from there to `finished_at`.

    `..._seconds` are by the clock on the wall, `..._working_seconds` by the calendar of the customer's org
    unit. `fields` are what the form asks for, `form` what was filled in.
    """

    code: str = Field(examples=["accept"])
    name: WordsRead
    role: Role
    expected_minutes: int
    fields: list[FormFieldRead]
    status: StepStatus
    assignee_id: UUID | None
    ready_at: Moment | None
    due_at: Moment | None
    started_at: Moment | None
    started_by: UUID | None
    finished_at: Moment | None
    finished_by: UUID | None
    waiting_seconds: int | None
    waiting_working_seconds: int | None
    handling_seconds: int | None
    handling_working_seconds: int | None
    form: dict[str, Any] | None = Field(examples=[{"fault": "漏水"}])
    reason: str | None = Field(description="Why it was skipped.")


class ServiceRecordWhole(ServiceRecordRead):
    """A service with all its steps, in their order."""

    model_config = _examples({**_OVER, "steps": []}, {**_RUNNING, "steps": [_STEP]})

    steps: list[ServiceStepRead]


class ServiceMoveRead(Output):
    """What was done, to which step, and how the service stands after it; `note` is the reason."""

    version: int
    verb: Verb
    step_code: str | None = Field(examples=["accept"])
    status: Status
    assignee_id: UUID | None = Field(description="Who was named to do it.")
    note: str | None
    done_by: UUID
    done_at: Moment


class ServiceHistory(Output):
    """Everything that was done to one service, oldest first."""

    model_config = _examples(
        *(
            {
                "data": [
                    {
                        "version": 2,
                        "verb": "skip",
                        "step_code": "quote",
                        "status": "running",
                        "assignee_id": None,
                        "note": note,
                        "done_by": _STAFF,
                        "done_at": "2026-03-02T02:40:00Z",
                    }
                ]
            }
            for note in ("Not needed: under warranty.", "在保修期内，无需报价。")
        )
    )

    data: list[ServiceMoveRead]


class ServiceRecordQuery(ListQuery):
    """Filters of the list; `overdue` are those that run and whose step should be done by now."""

    customer_id: UUID | None = None
    phase: Phase | None = None
    status: Status | None = None
    assignee_id: UUID | None = Field(None, description="Who looks after it, did it, or has its step in hand.")
    process_id: UUID | None = None
    interaction_id: UUID | None = None
    complaint_id: UUID | None = None
    overdue: bool | None = None
    occurred_at_gte: Moment | None = Field(None, alias="occurred_at[gte]")
    occurred_at_lt: Moment | None = Field(None, alias="occurred_at[lt]")
    started_at_gte: Moment | None = Field(None, alias="started_at[gte]")
    started_at_lt: Moment | None = Field(None, alias="started_at[lt]")
    sort: Literal["started_at", "-started_at", "created_at", "-created_at"] | None = None
