"""Policies of service levels."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from interaction_svc.tables import JSON, MOMENT, Base

TEXTS: Any = ARRAY(Text)
IDS: Any = ARRAY(Uuid)


class SlaPolicy(Base, table=True):
    """What is promised to whom; the first that covers a case by `position` counts, then by id."""

    __tablename__ = "sla_policy"
    __table_args__ = (
        CheckConstraint("warn_percent BETWEEN 1 AND 99", name="sla_policy_warn_percent"),
        Index("sla_policy_by_position", "position", "id"),
    )

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    position: int
    active: bool
    tiers: list[str] = Field(sa_type=TEXTS)
    categories: list[str] = Field(sa_type=TEXTS)
    distributor_ids: list[UUID] = Field(sa_type=IDS)
    targets: dict[str, Any] = Field(sa_type=JSON)
    working_time: bool
    warn_percent: int
    escalation: list[Any] = Field(sa_type=JSON)
    at_night: bool
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
