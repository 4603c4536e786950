"""Recommendations that the company set."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Text
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class RecommendedAction(Base, table=True):
    """What to do for whom; in the place of the default of the same name, if there is one."""

    __tablename__ = "recommended_action"
    __table_args__ = (
        CheckConstraint("reason IS NULL OR category IS NULL", name="recommended_action_one_cause"),
        CheckConstraint("version >= 1", name="recommended_action_version"),
    )

    name: str = Field(primary_key=True, sa_type=Text)
    reason: str | None = Field(None, sa_type=Text)
    category: str | None = Field(None, sa_type=Text)
    tier: str | None = Field(None, sa_type=Text)
    stage: str | None = Field(None, sa_type=Text)
    action: str = Field(sa_type=Text)
    text_en: str = Field(sa_type=Text)
    text_zh: str = Field(sa_type=Text)
    priority: int
    active: bool
    version: int
    updated_at: datetime = Field(sa_type=MOMENT)
    updated_by: UUID
