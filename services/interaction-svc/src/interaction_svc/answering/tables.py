"""What customers answered, and each number of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from interaction_svc.surveys.domain import INDICATORS
from interaction_svc.tables import JSON, MOMENT, Base
from interaction_svc.web_pages.domain import LANGUAGES

_DONE = text("answered_at IS NOT NULL")


class SurveyResponse(Base, table=True):
    """The answers to one invitation; until `answered_at` they are kept for whoever goes on later.

    `answers` are in the order of the questions. `leaf` is how far it is (see `surveys.domain.leaves`),
    `remarks` all free answers. `tier`, `channel` and
    `owner_id` are the invitation's.
    """

    __tablename__ = "survey_response"
    __table_args__ = (
        CheckConstraint(f"language IN {LANGUAGES}", name="survey_response_language"),
        UniqueConstraint("invitation_id", name="survey_response_once"),
        Index("survey_response_of_customer", "customer_id", "answered_at", "id"),
        Index("survey_response_of_distributor", "distributor_id", "answered_at", "id"),
        Index("survey_response_of_owner", "owner_id", "answered_at", "id"),
        Index("survey_response_of_survey", "survey_id", "answered_at", "id"),
        Index("survey_response_by_answered", "answered_at", "id", postgresql_where=_DONE),
        Index(
            "survey_response_of_complaint",
            "complaint_id",
            postgresql_where=text("complaint_id IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    invitation_id: UUID = Field(foreign_key="survey_invitation.id", ondelete="CASCADE")
    survey_id: UUID
    survey_version: int
    customer_id: UUID
    distributor_id: UUID | None
    owner_id: UUID | None
    tier: str | None = Field(sa_type=Text)
    channel: str | None = Field(sa_type=Text)
    complaint_id: UUID | None
    interaction_id: UUID | None
    language: str = Field(sa_type=Text)
    leaf: int
    answers: list[dict[str, Any]] = Field(sa_type=JSON)
    ratings: list[dict[str, Any]] = Field(sa_type=JSON)
    remarks: str | None = Field(sa_type=Text)
    opened_complaint_id: UUID | None
    started_at: datetime = Field(sa_type=MOMENT)
    answered_at: datetime | None = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class SurveyRating(Base, table=True):
    """One number that was answered: `rating` from 1 to 5, `nps` from 0 to 10."""

    __tablename__ = "survey_rating"
    __table_args__ = (
        CheckConstraint(f"indicator IN {INDICATORS}", name="survey_rating_indicator"),
        CheckConstraint(
            "kind = 'rating' AND value BETWEEN 1 AND 5 OR kind = 'nps' AND value BETWEEN 0 AND 10",
            name="survey_rating_scale",
        ),
        UniqueConstraint("response_id", "question", name="survey_rating_once"),
        Index("survey_rating_by_answered", "answered_at", "id"),
        Index("survey_rating_of_distributor", "distributor_id", "answered_at"),
        Index("survey_rating_of_owner", "owner_id", "answered_at"),
    )

    id: UUID = Field(primary_key=True)
    response_id: UUID = Field(foreign_key="survey_response.id", ondelete="CASCADE")
    survey_id: UUID
    survey_version: int
    customer_id: UUID
    distributor_id: UUID | None
    owner_id: UUID | None
    tier: str | None = Field(sa_type=Text)
    channel: str | None = Field(sa_type=Text)
    question: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    indicator: str = Field(sa_type=Text)
    value: int
    answered_at: datetime = Field(sa_type=MOMENT)
