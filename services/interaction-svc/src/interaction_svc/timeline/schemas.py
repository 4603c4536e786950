"""What the timeline is asked and answers: typed items, newest first."""

from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import ConfigDict, Field, WithJsonSchema

from interaction_svc.answering.schemas import RatingRead
from interaction_svc.attachments.schemas import AttachmentRead
from interaction_svc.complaints.transitions import Status, Verb
from interaction_svc.interactions.domain import Channel, Direction
from interaction_svc.interactions.schemas import ParticipantRead
from interaction_svc.processes.domain import Phase
from interaction_svc.promises.domain import Status as PromiseStatus
from interaction_svc.promises.domain import Verb as PromiseVerb
from interaction_svc.sla.domain import Severity
from interaction_svc.visits.domain import Status as VisitStatus
from interaction_svc.visits.domain import Verb as VisitVerb
from shared.http import ListQuery, Output, Page
from shared.http.types import Moment

_STAFF = "0196f0c0-0000-7000-8000-000000000001"
_CALL: dict[str, Any] = {
    "type": "interaction",
    "id": "0196f0c5-11aa-7b3c-8d4e-1f2a3b4c5d6e",
    "at": "2026-03-02T02:15:00Z",
    "interaction": {
        "id": "0196f0c5-11aa-7b3c-8d4e-1f2a3b4c5d6e",
        "channel": "call",
        "direction": "outbound",
        "participants": [{"kind": "contact", "id": None, "name": "王建国"}],
        "summary": "回访三月到货情况；客户反映外包装有轻微破损。",
        "agreement": None,
        "attachments": [],
        "created_by": _STAFF,
    },
}
_STEP: dict[str, Any] = {
    "type": "complaint",
    "id": "0196f0c6-33cc-7d5e-8f60-3b4c5d6e7f80",
    "at": "2026-03-01T01:00:00Z",
    "complaint": {
        "id": "0196f0c6-22bb-7c4d-8e5f-2a3b4c5d6e7f",
        "number": "C-2026-000123",
        "subject": "Order arrived nine days late",
        "category": "delivery",
        "severity": "high",
        "verb": "open",
        "from_status": None,
        "to_status": "received",
        "owner_id": None,
        "note": None,
        "done_by": _STAFF,
    },
}


_PROMISE: dict[str, Any] = {
    "type": "promise",
    "id": "0196f0c7-44dd-7e6f-8a71-4c5d6e7f8091",
    "at": "2026-03-02T02:20:00Z",
    "promise": {
        "id": "0196f0c7-55ee-7f70-8b82-5d6e7f8091a2",
        "content": "三月十日前寄出加厚纸箱的样品。",
        "verb": "move",
        "status": "open",
        "due_at": "2026-03-12T10:00:00Z",
        "promised_by": _STAFF,
        "note": "纸箱厂延期两天，已电话征得客户同意。",
        "done_by": _STAFF,
    },
}


_VISIT: dict[str, Any] = {
    "type": "visit",
    "id": "0196f0d5-44dd-7e6f-8a71-4c5d6e7f8091",
    "at": "2026-03-02T02:30:00Z",
    "visit": {
        "id": "0196f0d5-55ee-7f70-8b82-5d6e7f8091a2",
        "purpose": "年度合作回顾与明年供货计划",
        "verb": "plan",
        "status": "planned",
        "starts_at": "2026-03-12T01:00:00Z",
        "ends_at": "2026-03-12T02:30:00Z",
        "assignee_id": _STAFF,
        "note": None,
        "done_by": _STAFF,
    },
}
_SURVEY: dict[str, Any] = {
    "type": "survey",
    "id": "0196f0e2-3c4d-7e5f-8061-7b8c9d0e1f20",
    "at": "2026-03-03T01:02:00Z",
    "survey": {
        "id": "0196f0e2-3c4d-7e5f-8061-7b8c9d0e1f20",
        "survey_id": "0196f0e0-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
        "complaint_id": None,
        "ratings": [{"question": "attitude", "kind": "rating", "indicator": "service_attitude", "value": 4}],
    },
}
_SERVICE: dict[str, Any] = {
    "type": "service",
    "id": "0196f0e7-2b3c-7d4e-8f50-6b7c8d9e0f1a",
    "at": "2026-03-03T02:20:00Z",
    "service": {
        "id": "0196f0e7-2b3c-7d4e-8f50-6b7c8d9e0f1a",
        "phase": "after_sale",
        "process_id": "0196f0e6-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
        "content": "饮水机漏水，客户送修。",
        "assignee_id": _STAFF,
        "started_at": "2026-03-02T02:20:00Z",
        "finished_at": "2026-03-03T02:20:00Z",
        "rating": 5,
    },
}


class InteractionShown(Output):
    id: UUID
    channel: Channel
    direction: Direction
    participants: list[ParticipantRead]
    summary: str
    agreement: str | None
    attachments: list[AttachmentRead]
    created_by: UUID


class ComplaintStepShown(Output):
    """One step of a complaint's course; `id` is the complaint."""

    id: UUID
    number: str
    subject: str
    category: str
    severity: Severity
    verb: Verb
    from_status: Status | None
    to_status: Status
    owner_id: UUID | None
    note: str | None
    done_by: UUID | None


class PromiseStepShown(Output):
    """One step of a promise; `id` is the promise. `done_by` null: its deadline passed."""

    id: UUID
    content: str
    verb: PromiseVerb
    status: PromiseStatus
    due_at: Moment
    promised_by: UUID
    note: str | None
    done_by: UUID | None


class VisitStepShown(Output):
    """One step of a visit; `id` is the visit. `done_by` null: its time passed."""

    id: UUID
    purpose: str
    verb: VisitVerb
    status: VisitStatus
    starts_at: Moment
    ends_at: Moment
    assignee_id: UUID
    note: str | None
    done_by: UUID | None


class SurveyShown(Output):
    """What a customer answered to a survey, its numbers; `id` is the response."""

    id: UUID
    survey_id: UUID
    complaint_id: UUID | None
    ratings: list[RatingRead]


class ServiceShown(Output):
    """A service that is done; `id` is its record."""

    id: UUID
    phase: Phase
    process_id: UUID | None
    content: str | None
    assignee_id: UUID | None
    started_at: Moment
    finished_at: Moment
    rating: int | None


class InteractionItem(Output):
    model_config = ConfigDict(json_schema_extra={"examples": [_CALL]})

    type: Literal["interaction"]
    id: UUID
    at: Moment
    interaction: InteractionShown


class ComplaintItem(Output):
    model_config = ConfigDict(json_schema_extra={"examples": [_STEP]})

    type: Literal["complaint"]
    id: UUID
    at: Moment
    complaint: ComplaintStepShown


class PromiseItem(Output):
    model_config = ConfigDict(json_schema_extra={"examples": [_PROMISE]})

    type: Literal["promise"]
    id: UUID
    at: Moment
    promise: PromiseStepShown


class VisitItem(Output):
    model_config = ConfigDict(json_schema_extra={"examples": [_VISIT]})

    type: Literal["visit"]
    id: UUID
    at: Moment
    visit: VisitStepShown


class SurveyItem(Output):
    model_config = ConfigDict(json_schema_extra={"examples": [_SURVEY]})

    type: Literal["survey"]
    id: UUID
    at: Moment
    survey: SurveyShown


class ServiceItem(Output):
    model_config = ConfigDict(json_schema_extra={"examples": [_SERVICE]})

    type: Literal["service"]
    id: UUID
    at: Moment
    service: ServiceShown


TimelineItem = Annotated[
    InteractionItem | ComplaintItem | PromiseItem | VisitItem | SurveyItem | ServiceItem,
    Field(discriminator="type"),
]


class TimelinePage(Page[TimelineItem]):
    """One page of a timeline."""


Kind = Literal["interaction", "complaint", "promise", "visit", "survey", "service"]
_KIND: dict[str, Any] = {"type": "string", "enum": list(get_args(Kind))}
_ONE_OR_SEVERAL = WithJsonSchema(
    {"anyOf": [_KIND, {"type": "array", "items": _KIND, "minItems": 1, "maxItems": 10}]}
)


class TimelineQuery(ListQuery):
    """Filters of a timeline; `type` may be repeated, for items of any of these kinds."""

    type: Annotated[list[Kind], Field(max_length=10), _ONE_OR_SEVERAL] | None = None
    at_gte: Moment | None = Field(None, alias="at[gte]")
    at_lt: Moment | None = Field(None, alias="at[lt]")
