"""What the inbox takes and answers."""

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from notify_svc.inbox.domain import UNASSIGNED, Kind
from notify_svc.wording.domain import Language, subject_said
from shared.db import Record
from shared.http import ListQuery, Output
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
    "read_at": None,
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
    kind: Kind | None = None


class InboxItemRead(Output):
    """One thing brought before a person. `queue` is set when nobody owns it yet."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_EN, EXAMPLE_ZH]})

    id: UUID
    kind: Kind
    subject: str = Field(description="In the language of Accept-Language (zh-CN or en).")
    subject_code: str | None
    subject_parameters: dict[str, Any]
    queue: Literal["unassigned"] | None
    reminder_id: UUID = Field(description="What it is about: a reminder, or the webhook that was disabled.")
    customer_id: UUID | None
    distributor_id: UUID | None
    due_at: Moment | None
    read_at: Moment | None
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
        "queue": "unassigned" if row["recipient_id"] == UNASSIGNED else None,
        "reminder_id": row["about_id"],
    }
