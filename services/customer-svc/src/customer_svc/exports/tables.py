"""Exports, and where their files lie."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from customer_svc.exports.domain import ENCODINGS, ENTITIES, FORMATS
from customer_svc.tables import BIG, JSON, MOMENT, Base

IDS: Any = ARRAY(Uuid)


class Export(Base, table=True):
    """One file on its way out; its id is that of the operation that makes it.

    `upload_id` is where the file lies until `expires_at`, null before it is whole and after. `scope_ids` and
    `holder_ids` are what its sender sees, as of an import.
    """

    __tablename__ = "data_export"
    __table_args__ = (
        CheckConstraint(f"entity in {ENTITIES}", name="data_export_entity"),
        CheckConstraint(f"format in {FORMATS}", name="data_export_format"),
        CheckConstraint(f"encoding in {ENCODINGS}", name="data_export_encoding"),
        Index("data_export_by_created", "created_at", "id"),
        Index("data_export_of_creator", "created_by", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    entity: str
    filters: dict[str, Any] = Field(sa_type=JSON)
    columns: list[str] | None = Field(sa_column=Column(JSON, nullable=True))
    format: str
    encoding: str
    rows: int | None = Field(sa_type=BIG, nullable=True)
    size: int | None = Field(sa_type=BIG, nullable=True)
    upload_id: UUID | None
    expires_at: datetime | None = Field(sa_type=MOMENT, nullable=True)
    scope_ids: list[UUID] | None = Field(sa_column=Column(IDS, nullable=True))
    holder_ids: list[UUID] | None = Field(sa_column=Column(IDS, nullable=True))
    created_by: UUID
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
    version: int
