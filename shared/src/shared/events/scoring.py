"""What scoring-svc tells: what a customer is worth, where it stands, and whether it may be lost."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Currency, Event, Int64, Moment, Share

Count = Annotated[int, Field(ge=0, lt=2**31)]
ChurnLevel = Literal["low", "medium", "high", "unknown"]


class ScoreChanged(Event):
    """A customer was scored anew; the subject is the customer, the version the score's.

    `probability` (of churn) and `p_alive` are shares 0..1 and `expected_value_minor` is in minor units of
    `currency`; each is None where there is too little data to say.
    """

    type: ClassVar[str] = "score.changed.v1"
    publisher: ClassVar[str] = "scoring-svc"

    tier: Code
    stage: Code
    level: ChurnLevel
    probability: Share | None
    p_alive: Share | None
    expected_value_minor: Int64 | None
    currency: Currency | None
    scored_at: Moment


class TierChanged(Event):
    """A customer moved to another tier; `from_tier` is None the first time. The subject is the customer."""

    type: ClassVar[str] = "tier.changed.v1"
    publisher: ClassVar[str] = "scoring-svc"

    from_tier: Code | None
    to_tier: Code


class TierPinned(Event):
    """A person gave a customer a tier until then; the subject is the override, not the customer."""

    type: ClassVar[str] = "tier.pinned.v1"
    publisher: ClassVar[str] = "scoring-svc"

    customer_id: UUID
    tier: Code
    expires_at: Moment
    created_by: UUID


class TierUnpinned(Event):
    """The rules decide of a customer's tier again; the subject is the override, `cause` why it ended."""

    type: ClassVar[str] = "tier.unpinned.v1"
    publisher: ClassVar[str] = "scoring-svc"

    customer_id: UUID
    cause: Code


class PolicyPublished(Event):
    """A version of the tier policy decides from now on; the subject is that version's record.

    `policy_version` and `previous_version` are the versions' own numbers, `copy_of` is the one that a
    rollback brought back, and `moved` is how many customers get another tier by it.
    """

    type: ClassVar[str] = "policy.published.v1"
    publisher: ClassVar[str] = "scoring-svc"

    policy_version: Count
    previous_version: Count | None
    copy_of: Count | None
    simulation_id: UUID
    approved_by: UUID | None
    moved: Count


class StageChanged(Event):
    """A customer moved to another stage of its life; `from_stage` is None the first time.

    `cause` says what moved it; None in events from before they told.
    """

    type: ClassVar[str] = "stage.changed.v1"
    publisher: ClassVar[str] = "scoring-svc"

    from_stage: Code | None
    to_stage: Code
    cause: Code | None = None


class ChurnWarned(Event):
    """A customer may be lost with this probability (0..1); the subject is the warning, not the customer.

    Told again, with a later version, when the warning goes to another owner. Something should have come of it
    by `due_at`.
    """

    type: ClassVar[str] = "churn.warned.v1"
    publisher: ClassVar[str] = "scoring-svc"

    customer_id: UUID
    owner_id: UUID | None
    level: ChurnLevel
    probability: Share
    reasons: tuple[Code, ...]
    recommended_action: Code | None
    due_at: Moment | None = None


class ChurnCleared(Event):
    """A warning no longer holds; the subject is the warning. `outcome` is what came of it."""

    type: ClassVar[str] = "churn.cleared.v1"
    publisher: ClassVar[str] = "scoring-svc"

    customer_id: UUID
    outcome: Code | None = None


class ScoringCompleted(Event):
    """A sweep or rebuild went through; the subject is the run, the counts are of customers."""

    type: ClassVar[str] = "scoring.completed.v1"
    publisher: ClassVar[str] = "scoring-svc"

    started_at: Moment
    finished_at: Moment
    scored: Count
    changed: Count
    warned: Count


class ModelPromoted(Event):
    """Another model speaks from now on; the subject is that one, `replaced_id` the one that spoke before."""

    type: ClassVar[str] = "model.promoted.v1"
    publisher: ClassVar[str] = "scoring-svc"

    replaced_id: UUID | None
    action: Literal["promoted", "rolled_back"]
    promoted_at: Moment


class ModelDrifted(Event):
    """What is seen lies far from what the speaking model was learnt on; the subject is the alarm.

    `figure` is what was measured and `bound` what it went beyond.
    """

    type: ClassVar[str] = "model.drifted.v1"
    publisher: ClassVar[str] = "scoring-svc"

    model_id: UUID
    measure: Code
    alert: Literal["warn", "alarm"]
    figure: float
    bound: float


class ObjectionMade(Event):
    """A customer wants no automatic decisions about it; the subject is the objection."""

    type: ClassVar[str] = "objection.made.v1"
    publisher: ClassVar[str] = "scoring-svc"

    customer_id: UUID


class ObjectionWithdrawn(Event):
    """A customer no longer objects to automatic decisions; the subject is the objection."""

    type: ClassVar[str] = "objection.withdrawn.v1"
    publisher: ClassVar[str] = "scoring-svc"

    customer_id: UUID
