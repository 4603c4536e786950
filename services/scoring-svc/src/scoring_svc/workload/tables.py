"""The one rule of how many warnings an owner may have."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class WarningCapacity(Base, table=True):
    """So many warnings that are not closed for each owner, None: any number; `owners` differ. One row."""

    __tablename__ = "warning_capacity"
    __table_args__ = (
        CheckConstraint("single", name="warning_capacity_single"),
        CheckConstraint("most BETWEEN 0 AND 10000", name="warning_capacity_most"),
    )

    single: bool = Field(primary_key=True)
    most: int | None = None
    owners: list[dict[str, Any]] = Field(sa_type=JSONB)
    version: int
    updated_at: datetime = Field(sa_type=MOMENT)
    updated_by: UUID
