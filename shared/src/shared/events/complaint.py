"""What interaction-svc tells of complaints: their course, and the clocks of their service levels."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Event, Fact, Moment


class ComplaintState(Fact):
    """Where a complaint stands, complete: times are None until they happen, and again after reopening."""

    customer_id: UUID
    owner_id: UUID | None
    category: Code
    severity: Literal["low", "normal", "high", "critical"]
    opened_at: Moment
    resolved_at: Moment | None
    closed_at: Moment | None
    watcher_ids: tuple[UUID, ...] = ()


class ComplaintOpened(Event, ComplaintState):
    """A customer complains; the subject is the complaint."""

    type: ClassVar[str] = "complaint.opened.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ComplaintAssigned(Event, ComplaintState):
    """A complaint has a (new) owner."""

    type: ClassVar[str] = "complaint.assigned.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ComplaintResolved(Event, ComplaintState):
    """A complaint's cause is removed."""

    type: ClassVar[str] = "complaint.resolved.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ComplaintClosed(Event, ComplaintState):
    """A complaint is done with."""

    type: ClassVar[str] = "complaint.closed.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ComplaintReopened(Event, ComplaintState):
    """A complaint that was resolved is open again: taken up anew, or in mediation."""

    type: ClassVar[str] = "complaint.reopened.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ComplaintPaused(Event, ComplaintState):
    """A complaint waits for the customer's answer; the clock of its resolution stands still."""

    type: ClassVar[str] = "complaint.paused.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ComplaintResumed(Event, ComplaintState):
    """A complaint does not wait for the customer any more."""

    type: ClassVar[str] = "complaint.resumed.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ComplaintEscalated(Event, ComplaintState):
    """Somebody higher has to look at a complaint; `escalation_level` is how often that was said."""

    type: ClassVar[str] = "complaint.escalated.v1"
    publisher: ClassVar[str] = "interaction-svc"

    escalation_level: Annotated[int, Field(ge=1)]
    recipient_id: UUID | None = None


class SlaAlarm(Fact):
    """Which clock of which complaint is meant, until when it ran, and who is to know."""

    complaint_id: UUID
    customer_id: UUID
    metric: Literal["first_answer", "next_answer", "resolution"]
    severity: Literal["low", "normal", "high", "critical"]
    category: Code
    due_at: Moment
    recipient_id: UUID | None


class ComplaintWarned(Event, SlaAlarm):
    """Most of a target's time has passed; the subject is the clock, not the complaint."""

    type: ClassVar[str] = "complaint.warned.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ComplaintBreached(Event, SlaAlarm):
    """A target was missed; the subject is the clock, not the complaint."""

    type: ClassVar[str] = "complaint.breached.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ComplaintInformed(Event, ComplaintState):
    """The customer was told the result of a complaint."""

    type: ClassVar[str] = "complaint.informed.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ComplaintMerged(Event, ComplaintState):
    """A complaint was the same as another one of the customer, which goes on; whoever counts takes it out."""

    type: ClassVar[str] = "complaint.merged.v1"
    publisher: ClassVar[str] = "interaction-svc"

    merged_into: UUID


class ComplaintUnmerged(Event, ComplaintState):
    """A complaint was a matter of its own after all, and goes on."""

    type: ClassVar[str] = "complaint.unmerged.v1"
    publisher: ClassVar[str] = "interaction-svc"
