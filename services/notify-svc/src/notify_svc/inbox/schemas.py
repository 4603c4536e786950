"""What the inbox takes and answers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from notify_svc.inbox.domain import UNASSIGNED, Deed, Kind
from notify_svc.wording.domain import Language, subject_said
from shared.db import Record
from shared.http import Input, ListQuery, Output
from shared.http.batches import Items
from shared.http.types import Moment

EXAMPLE_EN: dict[str, JsonValue] = {
    "id": "0197c2f0-5b7a-7c31-9a52-3f1f0a6f9d11",
    "kind": "reminder.due",
    "subject": "Call the customer: churn risk high (own buying rhythm broken)",
    "subject_code": "churn.call_customer",
    "subject_parameters": {"level": "high", "reasons": ["own_rhythm_broken"]},
    "queue": None,
    "reminder_id": "0197c2ef-91d4-7f0a-8d43-6d0c2a1be2c4",
    "customer_id": "0197c2ee-0c35-7a09-b7a5-6a5a5c1f0f3e",
    "distributor_id": None,
    "due_at": "2026-03-02T01:00:00Z",
    "recipient_id": "0197c2ed-7d4a-7e52-9c1b-2f3c8e0d5a77",
    "read_at": None,
    "done_at": None,
    "created_at": "2026-03-02T01:00:00.412Z",
}
EXAMPLE_ZH: dict[str, JsonValue] = {
    **EXAMPLE_EN,
    "id": "0197c2f0-77c1-7d3e-8f0e-0f3a7c5b2e90",
    "subject": "请联系客户：流失风险高（购买节奏中断）",
}


class InboxQuery(ListQuery):
    """What a list of inbox items may be filtered by."""

    unread: bool | None = None
    done: bool | None = None
    kind: Kind | None = None
    reminder_id: UUID | None = None
    customer_id: UUID | None = None
    created_at_gte: Annotated[Moment | None, Field(alias="created_at[gte]")] = None
    created_at_lt: Annotated[Moment | None, Field(alias="created_at[lt]")] = None
    recipient_id: UUID | None = Field(None, description="Of somebody whom you lead, for managers.")
    unit: bool | None = Field(None, description="Of everybody whom you lead, for managers.")

    def of_others(self, caller_id: UUID) -> bool:
        """Whether it asks for what lies in other people's boxes."""
        return bool(self.unit) or self.recipient_id not in (None, caller_id)


class InboxDeed(Input):
    """What is done with one item."""

    id: UUID
    action: Deed


class InboxBatch(Input):
    """Many items to be marked in one go; of one that is named twice the last action counts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"id": "0197c2f0-5b7a-7c31-9a52-3f1f0a6f9d11", "action": "done"},
                        {"id": "0197c2f0-77c1-7d3e-8f0e-0f3a7c5b2e90", "action": "unread"},
                    ]
                }
            ]
        }
    )

    items: Items[InboxDeed]


class InboxItemRead(Output):
    """One thing brought before a person. `queue` is set when nobody owns it yet."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_EN, EXAMPLE_ZH]})

    id: UUID
    kind: Kind
    subject: str = Field(description="In the language of Accept-Language (zh-CN or en).")
    subject_code: str | None
    subject_parameters: dict[str, Any]
    recipient_id: UUID | None = Field(description="In whose box it lies; null with `queue`.")
    queue: Literal["unassigned"] | None
    reminder_id: UUID | None = Field(
        description=(
            "What it is about: a reminder, the webhook that was disabled, or the rule of care that was late; "
            "null for a digest, whose parameters name its reminders."
        )
    )
    customer_id: UUID | None
    distributor_id: UUID | None
    due_at: Moment | None
    read_at: Moment | None
    done_at: Moment | None = Field(description="When it was put away, or what it was about was over.")
    created_at: Moment


class UnreadCount(Output):
    """How many items are unread."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"unread": 3}]})

    unread: int


class ReadCount(Output):
    """How many items became read by this request."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"read": 3}]})

    read: int


def shown(row: Record, language: Language) -> dict[str, Any]:
    """A row as `InboxItemRead` in the reader's language."""
    said = subject_said(row["subject"], row["subject_code"], row["subject_parameters"], language)
    return {
        **dict(row),
        "subject": said,
        "recipient_id": None if row["recipient_id"] == UNASSIGNED else row["recipient_id"],
        "queue": "unassigned" if row["recipient_id"] == UNASSIGNED else None,
        "reminder_id": None if row["kind"] == "reminder.digest" else row["about_id"],
    }
