"""Teams and who is in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from interaction_svc.tables import MOMENT, Base

TEXTS: Any = ARRAY(Text)
IDS: Any = ARRAY(Uuid)


class Team(Base, table=True):
    """People who handle complaints together."""

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("name", name="team_name"),)

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    lead_id: UUID | None
    manager_id: UUID | None
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class TeamMember(Base, table=True):
    """One person of a team; nobody is in two. `place` is the order in which they were named."""

    __tablename__ = "team_member"
    __table_args__ = (Index("team_member_of_team", "team_id", "place"),)

    staff_id: UUID = Field(primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    place: int
    skills: list[str] = Field(sa_type=TEXTS)
    territories: list[UUID] = Field(sa_type=IDS)
