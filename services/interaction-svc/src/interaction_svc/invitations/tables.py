"""Invitations to questionnaires, and customers who want none."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from interaction_svc.invitations.domain import OCCASIONS
from interaction_svc.tables import MOMENT, Base
from interaction_svc.web_pages.domain import LANGUAGES


class SurveyInvitation(Base, table=True):
    """One customer asked once; `tier`, `channel` and `owner_id` are as they stood then.

    `owner_id` is who is responsible for what is asked about: the complaint's owner, who had the
    conversation, or else who looks after the customer. Of its token only the hash is kept; null: no link was
    asked for yet.
    """

    __tablename__ = "survey_invitation"
    __table_args__ = (
        CheckConstraint(f"language IN {LANGUAGES}", name="survey_invitation_language"),
        CheckConstraint(f"occasion IN {OCCASIONS}", name="survey_invitation_occasion"),
        UniqueConstraint("token_hash", name="survey_invitation_token"),
        Index("survey_invitation_of_survey", "survey_id", "created_at", "id"),
        Index("survey_invitation_of_customer", "customer_id", "created_at", "id"),
        Index("survey_invitation_of_distributor", "distributor_id", "created_at", "id"),
        Index("survey_invitation_of_owner", "owner_id", "created_at", "id"),
        Index("survey_invitation_by_created", "created_at", "id"),
        Index("survey_invitation_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index(
            "survey_invitation_of_operation",
            "operation_id",
            "customer_id",
            postgresql_where=text("operation_id IS NOT NULL"),
        ),
        Index(
            "survey_invitation_of_event",
            "complaint_id",
            "survey_id",
            unique=True,
            postgresql_where=text("occasion = 'complaint.closed'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    survey_id: UUID = Field(foreign_key="survey.id")
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    owner_id: UUID | None
    tier: str | None = Field(sa_type=Text)
    channel: str | None = Field(sa_type=Text)
    complaint_id: UUID | None
    interaction_id: UUID | None
    language: str | None = Field(sa_type=Text)
    occasion: str = Field(sa_type=Text)
    operation_id: UUID | None
    token_hash: bytes | None = Field(sa_type=LargeBinary)
    expires_at: datetime = Field(sa_type=MOMENT)
    declined_at: datetime | None = Field(sa_type=MOMENT)
    answered_at: datetime | None = Field(sa_type=MOMENT)
    created_by: UUID | None
    created_at: datetime = Field(sa_type=MOMENT)


class SurveyOptOut(Base, table=True):
    """A customer who does not want to be asked; kept, like all else, by who the customer is now."""

    __tablename__ = "survey_opt_out"
    __table_args__ = (
        CheckConstraint("said_by IN ('staff', 'customer')", name="survey_opt_out_said_by"),
        Index("survey_opt_out_of_customer", "customer_id"),
        Index("survey_opt_out_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index(
            "survey_opt_out_once",
            text("coalesce(origin_id, customer_id)"),
            unique=True,
        ),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    said_by: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=MOMENT)
