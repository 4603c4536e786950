"""The rows of webhooks: where events go, and how sending there stands."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from notify_svc.tables import Base

_MOMENT = DateTime(timezone=True)


class WebhookEndpoint(Base, table=True):
    """One webhook. `owner_id` is the key whose it is, `distributor_id` the key's home; null: the company's.

    `permissions` are those that its maker had (null: the company's, which may have all that can be had).
    Secrets are sealed. One that is deleted stays until its deliveries are forgotten, and nobody sees it.
    """

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        CheckConstraint("state IN ('enabled', 'disabled')", name="webhook_endpoint_state"),
        CheckConstraint(
            "(state = 'disabled') = (disabled_at IS NOT NULL)"
            " AND (disabled_at IS NULL) = (disabled_reason IS NULL)",
            name="webhook_endpoint_disabled",
        ),
        CheckConstraint(
            "(previous_secret IS NULL) = (previous_until IS NULL)", name="webhook_endpoint_previous"
        ),
        CheckConstraint(
            "num_nonnulls(owner_id, distributor_id, permissions) IN (0, 3)", name="webhook_endpoint_owner"
        ),
        Index("webhook_endpoint_created", "created_at", "id"),
        Index("webhook_endpoint_of_key", "owner_id", "created_at", "id"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    owner_id: UUID | None = Field(sa_type=Uuid)
    url: str = Field(sa_type=Text)
    description: str | None = Field(sa_type=Text)
    event_types: list[str] = Field(sa_type=ARRAY(Text))
    permissions: list[str] | None = Field(sa_type=ARRAY(Text))
    state: str = Field(sa_type=Text)
    disabled_reason: str | None = Field(sa_type=Text)
    disabled_at: datetime | None = Field(sa_type=_MOMENT)
    secret: bytes = Field(sa_type=LargeBinary)
    previous_secret: bytes | None = Field(sa_type=LargeBinary)
    previous_until: datetime | None = Field(sa_type=_MOMENT)
    created_by: UUID = Field(sa_type=Uuid)
    created_at: datetime = Field(sa_type=_MOMENT)
    updated_at: datetime = Field(sa_type=_MOMENT)
    deleted_at: datetime | None = Field(sa_type=_MOMENT)
    version: int = Field(sa_type=BigInteger)


class WebhookLane(Base, table=True):
    """How sending to one webhook stands; apart from it, since this changes with every batch.

    Whoever sends holds the lane: `fence` grows with every holder, so that one who lost it cannot write.
    Nothing is sent before `rest_until`, which the other side asked for.
    """

    __tablename__ = "webhook_lane"
    __table_args__ = (
        ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name="webhook_lane_of", ondelete="CASCADE"
        ),
    )

    endpoint_id: UUID = Field(sa_type=Uuid, primary_key=True)
    fence: int = Field(sa_type=BigInteger)
    lease_until: datetime | None = Field(sa_type=_MOMENT)
    served_at: datetime | None = Field(sa_type=_MOMENT)
    rest_until: datetime | None = Field(sa_type=_MOMENT)
    failing_since: datetime | None = Field(sa_type=_MOMENT)
    last_success_at: datetime | None = Field(sa_type=_MOMENT)
    last_failure_at: datetime | None = Field(sa_type=_MOMENT)
    last_failure_reason: str | None = Field(sa_type=Text)
    delivered: int = Field(sa_type=BigInteger)
    failed_attempts: int = Field(sa_type=BigInteger)
    replayed_at: datetime | None = Field(sa_type=_MOMENT)
    replays: int = Field(sa_type=BigInteger)
