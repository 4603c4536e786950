"""What interaction-svc tells: contacts with customers, promises, services and the course of complaints."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import MAX_CHUNK, Code, Event, Fact, Moment


class InteractionLogged(Event):
    """A contact took place at `occurred_at`; the subject is the interaction."""

    type: ClassVar[str] = "interaction.logged.v1"
    publisher: ClassVar[str] = "interaction-svc"

    customer_id: UUID
    channel: Code
    direction: Literal["inbound", "outbound"]
    occurred_at: Moment
    kind: Code


class ImportedInteraction(Fact):
    """One contact of a chunk.

    `customer_id` is for whom it was recorded: the customer that it is merged into may keep it now.
    """

    interaction_id: UUID
    customer_id: UUID
    distributor_id: UUID | None
    channel: Code
    direction: Literal["inbound", "outbound"]
    occurred_at: Moment


class InteractionsImported(Event):
    """A chunk of a bulk load is stored; the subject is the import, the version the chunk's number."""

    type: ClassVar[str] = "interactions.imported.v1"
    publisher: ClassVar[str] = "interaction-svc"

    interactions: Annotated[tuple[ImportedInteraction, ...], Field(max_length=MAX_CHUNK)]


class InteractionsWithdrawn(Event):
    """A chunk of contacts is taken back; the subject is the undoing, the version the chunk's number."""

    type: ClassVar[str] = "interactions.withdrawn.v1"
    publisher: ClassVar[str] = "interaction-svc"

    interactions: Annotated[tuple[ImportedInteraction, ...], Field(max_length=MAX_CHUNK)]


class ComplaintState(Fact):
    """Where a complaint stands, complete: times are None until they happen, and again after reopening."""

    customer_id: UUID
    owner_id: UUID | None
    category: Code
    severity: Literal["low", "normal", "high", "critical"]
    opened_at: Moment
    resolved_at: Moment | None
    closed_at: Moment | None


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


class PromiseState(Fact):
    """A promise without its words: who keeps it, until when."""

    customer_id: UUID
    promised_by: UUID
    due_at: Moment


class PromiseMade(Event, PromiseState):
    """Something was promised to a customer; the subject is the promise."""

    type: ClassVar[str] = "promise.made.v1"
    publisher: ClassVar[str] = "interaction-svc"


class PromiseMoved(Event, PromiseState):
    """The promise has another deadline now, `due_at`."""

    type: ClassVar[str] = "promise.moved.v1"
    publisher: ClassVar[str] = "interaction-svc"


class PromiseBroken(Event, PromiseState):
    """The deadline passed and the promise was neither kept nor withdrawn."""

    type: ClassVar[str] = "promise.broken.v1"
    publisher: ClassVar[str] = "interaction-svc"


class PromiseKept(Event, PromiseState):
    """What was promised is done, perhaps late."""

    type: ClassVar[str] = "promise.kept.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ServiceState(Fact):
    """A service that is done, without its words; `process_id` is None when it went by no template."""

    customer_id: UUID
    phase: Literal["pre_sale", "in_sale", "after_sale"]
    process_id: UUID | None
    rating: Annotated[int, Field(ge=1, le=5)] | None
    started_at: Moment
    finished_at: Moment


class ServiceRecorded(Event, ServiceState):
    """A service is done: its last step was, or it was recorded afterwards; the subject is the record."""

    type: ClassVar[str] = "service.recorded.v1"
    publisher: ClassVar[str] = "interaction-svc"


class ServiceRated(Event, ServiceState):
    """The customer's rating of a service is known."""

    type: ClassVar[str] = "service.rated.v1"
    publisher: ClassVar[str] = "interaction-svc"
