"""The register of custom fields, and the values of those that are unique or indexed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Date, Double, Index, String
from sqlmodel import Field

from customer_svc.custom_fields.domain import ENTITIES, STATUSES, TARGETS, TYPES
from customer_svc.tables import JSON, MOMENT, Base

BYTEWISE: Any = String(collation="C")
NUMBER: Any = Double
DAY: Any = Date


class CustomField(Base, table=True):
    """A field of the company's own.

    `ready` says that its values, if it is unique or indexed, are all in the index; until then `indexed_to`
    is the last record that was looked through by the operation `operation_id`.
    """

    __tablename__ = "custom_field"
    __table_args__ = (
        CheckConstraint(f"entity in {ENTITIES}", name="custom_field_entity"),
        CheckConstraint(f"type in {TYPES}", name="custom_field_type"),
        CheckConstraint(f"target in {TARGETS}", name="custom_field_target"),
        CheckConstraint(f"status in {STATUSES}", name="custom_field_status"),
        Index("custom_field_key", "entity", "key", unique=True),
        Index("custom_field_by_position", "position", "id"),
        Index("custom_field_by_created", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    entity: str
    key: str
    names: dict[str, str] = Field(sa_type=JSON)
    type: str
    target: str | None
    options: list[dict[str, Any]] = Field(sa_type=JSON)
    required: bool
    unique: bool
    indexed: bool
    position: int
    status: str
    ready: bool
    operation_id: UUID | None
    indexed_to: UUID | None
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class CustomFieldValue(Base, table=True):
    """One value of one customer in the column of its type; `place` tells several choices apart.

    Triggers keep these rows beside `customer.attributes`. `unique_key` is null unless the field is unique.
    Numbers are of a type whose comparison is leakproof: others find no index behind row security.
    """

    __tablename__ = "custom_field_value"
    __table_args__ = (
        Index(
            "custom_field_value_key",
            "field_id",
            "unique_key",
            "distributor_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where="unique_key IS NOT NULL",
        ),
        Index("custom_field_value_by_text", "field_id", "value_text", "customer_id"),
        Index("custom_field_value_by_number", "field_id", "value_number", "customer_id"),
        Index("custom_field_value_by_date", "field_id", "value_date", "customer_id"),
        Index("custom_field_value_of_customer", "customer_id"),
    )

    field_id: UUID = Field(primary_key=True, foreign_key="custom_field.id", ondelete="CASCADE")
    customer_id: UUID = Field(primary_key=True, foreign_key="customer.id")
    place: int = Field(primary_key=True)
    distributor_id: UUID | None
    value_text: str | None = Field(sa_column=Column(BYTEWISE, nullable=True))
    value_number: float | None = Field(sa_column=Column(NUMBER, nullable=True))
    value_date: date | None = Field(sa_column=Column(DAY, nullable=True))
    unique_key: str | None = Field(sa_column=Column(BYTEWISE, nullable=True))
