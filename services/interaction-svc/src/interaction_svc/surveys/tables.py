"""Questionnaires and their versions; of no customer."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from interaction_svc.surveys.domain import SURVEY_STATUSES, VERSION_STATUSES
from interaction_svc.tables import JSON, MOMENT, Base

TEXTS: Any = ARRAY(Text)


class Survey(Base, table=True):
    """One questionnaire; `current_version` is the number of the version that is asked, null before one is.

    `changed_by` is who last changed its rules, and so in whose name they open complaints.
    """

    __tablename__ = "survey"
    __table_args__ = (
        CheckConstraint(f"status IN {SURVEY_STATUSES}", name="survey_status"),
        Index("survey_by_name", "name", "id"),
        Index("survey_by_created", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    topic: str | None = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    current_version: int | None
    invite_on: list[str] = Field(sa_type=TEXTS)
    min_days_between: int
    valid_days: int
    open_complaint: dict[str, Any] | None = Field(sa_type=JSON)
    created_by: UUID
    changed_by: UUID
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class SurveyVersion(Base, table=True):
    """One version; `answered` says that a customer began to answer it, so that it stays as it is."""

    __tablename__ = "survey_version"
    __table_args__ = (
        CheckConstraint(f"status IN {VERSION_STATUSES}", name="survey_version_status"),
        CheckConstraint(
            "(status = 'published') = (published_at IS NOT NULL)", name="survey_version_published"
        ),
        UniqueConstraint("survey_id", "number", name="survey_version_number"),
    )

    id: UUID = Field(primary_key=True)
    survey_id: UUID = Field(foreign_key="survey.id", ondelete="CASCADE")
    number: int
    status: str = Field(sa_type=Text)
    document: dict[str, Any] = Field(sa_type=JSON)
    answered: bool
    published_at: datetime | None = Field(sa_type=MOMENT)
    created_by: UUID
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
