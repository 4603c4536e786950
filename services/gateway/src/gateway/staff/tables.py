"""Staff accounts as they are kept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Integer, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from gateway.tables import Base


class Staff(Base, table=True):
    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("status in ('active', 'disabled')", name="staff_status"),
        CheckConstraint("data_scope in ('own', 'unit', 'all')", name="staff_data_scope"),
        CheckConstraint(
            "roles <@ array['admin', 'manager', 'sales', 'service', 'analyst']::text[]"
            " and cardinality(roles) > 0",
            name="staff_roles",
        ),
        CheckConstraint("username = lower(username)", name="staff_username_lower"),
        Index("staff_username_once", "username", unique=True),
        Index("staff_created", "created_at", "id"),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    username: str = Field(sa_column=Column(Text, nullable=False))
    display_name: str = Field(sa_column=Column(Text, nullable=False))
    email: str | None = Field(default=None, sa_column=Column(Text))
    password_hash: str = Field(sa_column=Column(Text, nullable=False))
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    status: str = Field(sa_column=Column(Text, nullable=False))
    org_unit_id: UUID | None = Field(default=None, sa_column=Column(Uuid))
    data_scope: str = Field(sa_column=Column(Text, nullable=False))
    signed_out_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    updated_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
