"""Macros as they are kept."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field

from interaction_svc.tables import JSON, MOMENT, Base


class ComplaintMacro(Base, table=True):
    """Deeds in their order, under a name."""

    __tablename__ = "complaint_macro"
    __table_args__ = (UniqueConstraint("name", name="complaint_macro_name"),)

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    actions: list[Any] = Field(sa_type=JSON)
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
