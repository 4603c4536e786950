"""The rows of contracts, and the history of their fields."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index
from sqlmodel import Field

from customer_svc.contracts.domain import KINDS, STATUSES
from customer_svc.tables import BIG, JSON, MOMENT, Base


class Contract(Base, table=True):
    """A contract with a customer. Dates are whole days, the last one included; no end: it goes on.

    `renewal_of` is the contract that it takes the place of; `owner_id` null: the customer's owner answers.
    """

    __table_args__ = (
        CheckConstraint(f"kind in {KINDS}", name="contract_kind"),
        CheckConstraint(f"status in {STATUSES}", name="contract_status"),
        CheckConstraint("ends_on >= starts_on", name="contract_term"),
        CheckConstraint("status = 'draft' OR starts_on IS NOT NULL", name="contract_start"),
        CheckConstraint("(amount_minor IS NULL) = (currency IS NULL)", name="contract_amount"),
        CheckConstraint(
            "(status IN ('ended', 'terminated')) = (closed_at IS NOT NULL)", name="contract_closed"
        ),
        Index("contract_number", "number", "distributor_id", unique=True, postgresql_nulls_not_distinct=True),
        Index("contract_of_customer", "customer_id", "created_at", "id"),
        Index("contract_of_owner", "owner_id", "created_at", "id", postgresql_where="owner_id IS NOT NULL"),
        Index("contract_of_origin", "origin_id", postgresql_where="origin_id IS NOT NULL"),
        Index("contract_renewed", "renewal_of", postgresql_where="renewal_of IS NOT NULL"),
        Index("contract_by_end", "ends_on", "id"),
        Index("contract_by_creation", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(foreign_key="customer.id")
    origin_id: UUID | None
    distributor_id: UUID | None
    owner_id: UUID | None
    kind: str
    number: str
    title: str
    status: str
    starts_on: date | None
    ends_on: date | None
    amount_minor: int | None = Field(sa_type=BIG)
    currency: str | None
    renewal_of: UUID | None = Field(foreign_key="contract.id")
    note: str | None
    version: int
    created_by: UUID
    closed_at: datetime | None = Field(sa_type=MOMENT)
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class ContractChange(Base, table=True):
    """One field of one contract changed."""

    __tablename__ = "contract_change"
    __table_args__ = (
        Index("contract_change_of_contract", "contract_id", "changed_at", "id"),
        Index("contract_change_of_customer", "customer_id"),
    )

    id: UUID = Field(primary_key=True)
    contract_id: UUID = Field(foreign_key="contract.id", ondelete="CASCADE")
    customer_id: UUID = Field(foreign_key="customer.id")
    distributor_id: UUID | None
    version: int
    field: str
    old: Any = Field(sa_column=Column(JSON, nullable=True))
    new: Any = Field(sa_column=Column(JSON, nullable=True))
    changed_by: UUID | None
    changed_at: datetime = Field(sa_type=MOMENT)
