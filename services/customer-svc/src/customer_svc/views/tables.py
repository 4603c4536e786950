"""Saved views."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, String
from sqlmodel import Field

from customer_svc.tables import JSON, MOMENT, Base
from customer_svc.views.domain import ENTITIES


class SavedView(Base, table=True):
    """A list under a name: its owner's alone, or shared with all staff. `query` is as a list is asked."""

    __tablename__ = "saved_view"
    __table_args__ = (
        CheckConstraint(f"entity in {ENTITIES}", name="saved_view_entity"),
        Index("saved_view_name", "owner_id", "entity", "name", unique=True),
        Index("saved_view_by_name", "name", "id"),
        Index("saved_view_by_created", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    entity: str
    name: str
    query: dict[str, Any] = Field(sa_type=JSON)
    columns: list[str] = Field(sa_type=ARRAY(String))
    shared: bool
    owner_id: UUID
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
