"""What requests about complaints look like, and what is answered."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from interaction_svc.attachments.schemas import AttachmentRead, Attachments, WithFiles
from interaction_svc.complaints.transitions import Status, Verb
from interaction_svc.interactions.domain import Channel
from interaction_svc.interactions.schemas import FieldChange
from interaction_svc.search.schemas import Search
from interaction_svc.sla.domain import Severity, SlaState
from shared.http import Input, ListQuery, Output, Patch
from shared.http.batches import Items
from shared.http.types import Code, Moment, Name, Text, clean_text

_CUSTOMER = "0196f0c4-8a31-7c2e-9d60-5b7f0a1c2d3e"
_OWNER = "0196f0c0-0000-7000-8000-000000000001"
_EXAMPLE_EN: dict[str, Any] = {
    "customer_id": _CUSTOMER,
    "channel": "email",
    "category": "delivery",
    "severity": "high",
    "subject": "Order arrived nine days late",
    "description": "The Easter range was promised for 20 February, came on 1 March; two shops stood empty.",
}
_EXAMPLE_ZH: dict[str, Any] = {
    "customer_id": _CUSTOMER,
    "channel": "call",
    "category": "quality",
    "severity": "normal",
    "subject": "三件杯子有裂纹",
    "description": "二月二十六日到货的一箱中有三件杯口有裂纹，客户要求换货。",
    "attachments": [{"name": "裂纹照片.jpg", "url": "https://files.example.cn/2026/03/crack.jpg"}],
}
_READ: dict[str, Any] = {
    "id": "0196f0c6-22bb-7c4d-8e5f-2a3b4c5d6e7f",
    "number": "C-2026-000123",
    "distributor_id": None,
    "status": "investigating",
    "owner_id": _OWNER,
    "cause": None,
    "opened_at": "2026-03-02T01:00:00Z",
    "step_started_at": "2026-03-02T03:00:00Z",
    "step_due_at": "2026-03-03T03:00:00Z",
    "tier": "core",
    "first_answered_at": "2026-03-02T01:40:00Z",
    "awaiting_since": None,
    "sla": {"state": "running", "due_at": "2026-03-04T01:00:00Z", "paused_at": None, "policy_id": None},
    "escalation_level": 0,
    "resolved_at": None,
    "result": None,
    "informed_at": None,
    "told": None,
    "closed_at": None,
    "reopened_count": 0,
    "product": "PE-140",
    "order_no": "SO-20260226-17",
    "merged_into": None,
    "watcher_ids": [],
    "attachments": [],
    "created_by": _OWNER,
    "version": 4,
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T03:00:00Z",
}

OrderNo = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(clean_text)]
Answer = Annotated[Text, Field(min_length=1)]


def _kept() -> Any:
    """The default of a field that a patch may leave out but not clear."""
    return None


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class ComplaintCreate(WithFiles):
    """A complaint of one customer, named by exactly one of id and identity."""

    model_config = _examples(_EXAMPLE_EN, _EXAMPLE_ZH)

    channel: Channel = Field(description="How the complaint reached us.")
    category: Code = Field(description="What it is about: delivery, quality, service, billing…")
    severity: Severity = "normal"
    subject: Name
    description: Text = ""
    product: Name | None = Field(None, description="What it is about: a product's name or number.")
    order_no: OrderNo | None = Field(None, description="The number of the order that it is about.")


class ComplaintLoad(ComplaintCreate):
    """A complaint from another system: with its own times, and its end where it has one."""

    opened_at: Moment | None = Field(None, description="Default: now.")
    owner_id: UUID | None = Field(None, description="Default for a past case: who loads it.")
    resolved_at: Moment | None = None
    result: Answer | None = None
    informed_at: Moment | None = None
    closed_at: Moment | None = None

    def past_times(self) -> list[datetime]:
        """The times that were sent."""
        times = (self.opened_at, self.resolved_at, self.informed_at, self.closed_at)
        return [time for time in times if time is not None]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.resolved_at is None) != (self.result is None):
            raise PydanticCustomError("result_and_time", "resolved_at and result are sent together or not")
        if self.resolved_at is None and (self.informed_at or self.closed_at):
            raise PydanticCustomError("not_resolved", "informed_at and closed_at need resolved_at")
        if self.past_times() != sorted(self.past_times()):
            raise PydanticCustomError(
                "times_out_of_order", "opened_at, resolved_at, informed_at, closed_at must follow each other"
            )
        return self


class ComplaintPatch(Patch):
    """What is put right; its course has verbs, and what it is about is said by `classify`."""

    model_config = _examples(
        {"attachments": [{"name": "carrier's report", "url": "https://files.example.com/2026/report.pdf"}]},
        {"attachments": [{"name": "裂纹照片.jpg", "url": "https://files.example.cn/2026/03/crack.jpg"}]},
    )

    attachments: Attachments = Field(default_factory=_kept, description="All files that belong to it now.")


class ComplaintBatch(Input):
    """Items are checked one by one, so that a wrong one does not stop the others."""

    model_config = _examples(
        {
            "items": [
                {
                    **_EXAMPLE_EN,
                    "opened_at": "2026-02-01T08:00:00Z",
                    "resolved_at": "2026-02-03T10:00:00Z",
                    "result": "Freight refunded.",
                    "closed_at": "2026-02-04T08:00:00Z",
                }
            ]
        },
        {"items": [_EXAMPLE_ZH]},
    )

    items: Items[ComplaintLoad]


class Sla(Output):
    """The clock of the resolution by the policy that covers the case; null: by the default ones.

    While it is `paused`, `due_at` is as of `paused_at`; the pause is added when the clock runs again.
    """

    state: SlaState
    due_at: Moment
    paused_at: Moment | None
    policy_id: UUID | None


class ComplaintRead(Output):
    model_config = _examples({**_READ, **_EXAMPLE_EN}, {**_READ, **_EXAMPLE_ZH})

    id: UUID
    number: str
    customer_id: UUID
    distributor_id: UUID | None
    channel: Channel
    category: str
    severity: Severity
    subject: str
    description: str
    product: str | None
    order_no: str | None
    cause: str | None
    status: Status
    owner_id: UUID | None
    tier: str | None = Field(description="The customer's when the complaint was opened.")
    opened_at: Moment
    first_answered_at: Moment | None = Field(description="When the customer first heard from us.")
    awaiting_since: Moment | None = Field(description="Since when the customer waits for an answer.")
    step_started_at: Moment
    step_due_at: Moment | None
    sla: Sla
    escalation_level: int = Field(description="How often it was escalated, 0 to 3.")
    resolved_at: Moment | None
    result: str | None
    informed_at: Moment | None
    told: str | None
    closed_at: Moment | None
    reopened_count: int
    merged_into: UUID | None = Field(description="The complaint that goes on instead of this one.")
    watcher_ids: list[UUID] = Field(description="Who follows it.")
    attachments: list[AttachmentRead] = Field(description="Its files; those of a duplicate stay with that.")
    created_by: UUID
    version: int
    created_at: Moment
    updated_at: Moment


class ComplaintStepRead(Output):
    """One step of the history; `version` is the complaint's after it. `done_by` null: a clock did it."""

    version: int
    verb: Verb
    from_status: Status | None
    to_status: Status
    owner_id: UUID | None
    note: str | None
    changes: list[FieldChange] = Field(description="What an `edit` changed; empty for all others.")
    done_by: UUID | None
    done_at: Moment


class ComplaintHistory(Output):
    """Every step of one complaint, oldest first."""

    data: list[ComplaintStepRead]


class ComplaintQuery(ListQuery):
    status: Status | None = None
    owner_id: UUID | None = None
    severity: Severity | None = None
    category: Code | None = None
    customer_id: UUID | None = None
    q: Search | None = None
    opened_at_gte: Moment | None = Field(None, alias="opened_at[gte]")
    opened_at_lt: Moment | None = Field(None, alias="opened_at[lt]")
    merged_into: UUID | None = None
    product: Name | None = None
    order_no: OrderNo | None = None
    watcher_id: UUID | None = None
    escalated: bool | None = None
    overdue: bool | None = Field(None, description="The deadline of the step it is in has passed (or not).")
