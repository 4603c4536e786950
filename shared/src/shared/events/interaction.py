"""What interaction-svc tells of contacts with customers: promises, visits, services and surveys, too."""

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


class PromiseState(Fact):
    """A promise without its words: who keeps it, until when, and what became of it.

    Times are None until they happen; `broken_at` stays when it is kept late. `settled_at` is when it was kept
    or taken back. Events from before these times were told lack them all.
    """

    customer_id: UUID
    promised_by: UUID
    due_at: Moment
    made_at: Moment | None = None
    broken_at: Moment | None = None
    settled_at: Moment | None = None


class PromiseMade(Event, PromiseState):
    """Something was promised to a customer; the subject is the promise."""

    type: ClassVar[str] = "promise.made.v1"
    publisher: ClassVar[str] = "interaction-svc"


class PromiseMoved(Event, PromiseState):
    """The promise has another deadline now, `due_at`."""

    type: ClassVar[str] = "promise.moved.v1"
    publisher: ClassVar[str] = "interaction-svc"


class PromiseBroken(Event, PromiseState):
    """The deadline passed and the promise was neither kept nor taken back."""

    type: ClassVar[str] = "promise.broken.v1"
    publisher: ClassVar[str] = "interaction-svc"


class PromiseKept(Event, PromiseState):
    """What was promised is done, perhaps late."""

    type: ClassVar[str] = "promise.kept.v1"
    publisher: ClassVar[str] = "interaction-svc"


class PromiseWithdrawn(Event, PromiseState):
    """The promise holds no more, by somebody's word; perhaps after it was broken."""

    type: ClassVar[str] = "promise.withdrawn.v1"
    publisher: ClassVar[str] = "interaction-svc"


class VisitState(Fact):
    """A visit without its words: whose it is, who goes there, and when."""

    customer_id: UUID
    assignee_id: UUID
    starts_at: Moment
    ends_at: Moment


class VisitPlanned(Event, VisitState):
    """A visit is planned, or planned anew for another time or person; the subject is the visit."""

    type: ClassVar[str] = "visit.planned.v1"
    publisher: ClassVar[str] = "interaction-svc"


class VisitDone(Event, VisitState):
    """A visit took place and was reported, perhaps late."""

    type: ClassVar[str] = "visit.done.v1"
    publisher: ClassVar[str] = "interaction-svc"


class VisitCancelled(Event, VisitState):
    """A visit does not take place."""

    type: ClassVar[str] = "visit.cancelled.v1"
    publisher: ClassVar[str] = "interaction-svc"


class VisitMissed(Event, VisitState):
    """A planned visit ended more than a day ago and nobody reported it."""

    type: ClassVar[str] = "visit.missed.v1"
    publisher: ClassVar[str] = "interaction-svc"


class SurveyInvited(Event):
    """A customer is to be asked; the subject is the invitation, whose link is made when somebody sends it.

    `complaint_id` and `interaction_id` are what it is about, `owner_id` who is responsible for that.
    """

    type: ClassVar[str] = "survey.invited.v1"
    publisher: ClassVar[str] = "interaction-svc"

    customer_id: UUID
    survey_id: UUID
    complaint_id: UUID | None
    interaction_id: UUID | None
    owner_id: UUID | None
    expires_at: Moment


class SurveyRated(Fact):
    """How a customer rated something, from 1 (worst) to 5."""

    indicator: Literal["product_quality", "service_attitude", "delivery_speed", "overall"]
    value: Annotated[int, Field(ge=1, le=5)]


class SurveyAnswered(Event):
    """A customer answered a survey; the subject is the response. `nps` is from 0 to 10, None if not asked."""

    type: ClassVar[str] = "survey.answered.v1"
    publisher: ClassVar[str] = "interaction-svc"

    customer_id: UUID
    invitation_id: UUID
    survey_id: UUID
    complaint_id: UUID | None
    owner_id: UUID | None
    answered_at: Moment
    ratings: Annotated[tuple[SurveyRated, ...], Field(max_length=60)]
    nps: Annotated[int, Field(ge=0, le=10)] | None


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
