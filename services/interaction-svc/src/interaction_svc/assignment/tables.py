"""Rules of assignment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from interaction_svc.assignment.domain import METHODS
from interaction_svc.tables import MOMENT, Base

TEXTS: Any = ARRAY(Text)
IDS: Any = ARRAY(Uuid)


class AssignmentRule(Base, table=True):
    """Who gets which complaints; of several that fit, the first by `position` that finds somebody counts.

    `last_staff_id` is who got the last one, for those who take turns.
    """

    __tablename__ = "assignment_rule"
    __table_args__ = (
        CheckConstraint(f"method IN {METHODS}", name="assignment_rule_method"),
        Index("assignment_rule_by_position", "position", "id"),
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    position: int
    active: bool
    categories: list[str] = Field(sa_type=TEXTS)
    severities: list[str] = Field(sa_type=TEXTS)
    channels: list[str] = Field(sa_type=TEXTS)
    tiers: list[str] = Field(sa_type=TEXTS)
    distributor_ids: list[UUID] = Field(sa_type=IDS)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    method: str = Field(sa_type=Text)
    last_staff_id: UUID | None
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
