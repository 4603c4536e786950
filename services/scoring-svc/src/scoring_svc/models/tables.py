"""Fitted models as versioned documents."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class Model(Base, table=True):
    """A model as it was learnt; at most one is the champion."""

    __tablename__ = "model"
    __table_args__ = (
        CheckConstraint("status IN ('champion', 'retired')", name="model_status_known"),
        Index("model_one_champion", "status", unique=True, postgresql_where=text("status = 'champion'")),
        Index("model_by_age", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    status: str = Field(sa_type=Text)
    basis: str = Field(sa_type=Text)
    as_of: datetime = Field(sa_type=MOMENT)
    horizon_weeks: float = Field(sa_type=Float)
    currency: str = Field(sa_type=Text)
    customers: int
    orders: int
    document: dict[str, Any] = Field(sa_type=JSONB)
    created_at: datetime = Field(sa_type=MOMENT)
    retired_at: datetime | None = Field(None, sa_type=MOMENT)
