"""What notify-svc tells: reminders due or done, runs of playbooks, webhooks that were given up."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Event, Fact, Moment


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


class PlaybookRunState(Fact):
    """Which customer goes through which version of which playbook."""

    playbook_id: UUID
    playbook_version: Annotated[int, Field(ge=1)]
    customer_id: UUID


class PlaybookStarted(Event, PlaybookRunState):
    """A customer entered a playbook; the subject is the run."""

    type: ClassVar[str] = "playbook.started.v1"
    publisher: ClassVar[str] = "notify-svc"


class PlaybookFinished(Event, PlaybookRunState):
    """A run is over: its goal was reached, its steps were all taken, somebody stopped it, or it was left."""

    type: ClassVar[str] = "playbook.finished.v1"
    publisher: ClassVar[str] = "notify-svc"

    outcome: Literal["goal_reached", "completed", "stopped", "exited"]


class WebhookDisabled(Event):
    """Nothing is sent to a webhook any more; the subject is the webhook.

    `reason` is `gone` (it answered 410), `failing` (nothing arrived for five days) or `key_revoked`.
    """

    type: ClassVar[str] = "webhook.disabled.v1"
    publisher: ClassVar[str] = "notify-svc"

    reason: Code
    failing_since: Moment | None
