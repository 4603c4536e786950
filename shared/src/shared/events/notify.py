"""What notify-svc tells: reminders that are due or done, webhooks that were given up."""

from typing import ClassVar
from uuid import UUID

from shared.events.base import Code, Event, Moment


class ReminderDue(Event):
    """A reminder fired; the subject is the reminder, `reason` why it was made (`manual`, `churn`, …)."""

    type: ClassVar[str] = "reminder.due.v1"
    publisher: ClassVar[str] = "notify-svc"

    assignee_id: UUID | None
    customer_id: UUID | None
    due_at: Moment
    reason: Code


class ReminderDone(Event):
    """A reminder was done by somebody."""

    type: ClassVar[str] = "reminder.done.v1"
    publisher: ClassVar[str] = "notify-svc"

    assignee_id: UUID | None
    customer_id: UUID | None
    done_at: Moment


class WebhookDisabled(Event):
    """Nothing is sent to a webhook any more; the subject is the webhook.

    `reason` is `gone` (it answered 410), `failing` (nothing arrived for five days) or `key_revoked`.
    """

    type: ClassVar[str] = "webhook.disabled.v1"
    publisher: ClassVar[str] = "notify-svc"

    reason: Code
    failing_since: Moment | None
