"""The customer archive and the history of its fields."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, SmallInteger, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from customer_svc.customers.domain import KINDS, STATUSES
from customer_svc.tables import JSON, MOMENT, Base

BYTEWISE: Any = String(collation="C")
TEXTS: Any = ARRAY(String)
NUMBERS: Any = ARRAY(Integer)
BIG_NUMBERS: Any = ARRAY(BigInteger)


class Customer(Base, table=True):
    """An organisation or a person that buys, or may buy.

    `name_key` is the name as it is compared, `name_pinyin` as it is sorted. A code and a tax number are
    unique within their distributor, or within the company's own customers. A merged one is held by who holds
    the customer that it is now: triggers keep it so.
    """

    __table_args__ = (
        CheckConstraint(f"kind in {KINDS}", name="customer_kind"),
        CheckConstraint(f"status in {STATUSES}", name="customer_status"),
        CheckConstraint("(status = 'merged') = (merged_into IS NOT NULL)", name="customer_merged_into"),
        Index(
            "customer_code",
            "code",
            "distributor_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where="code IS NOT NULL",
        ),
        Index(
            "customer_tax_number",
            "tax_number",
            "distributor_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where="tax_number IS NOT NULL",
        ),
        Index("customer_by_created", "created_at", "id"),
        Index("customer_by_updated", "updated_at", "id"),
        Index("customer_by_pinyin", "name_pinyin", "id"),
        Index("customer_of_distributor", "distributor_id", "created_at", "id"),
        Index("customer_of_owner", "owner_id", "created_at", "id"),
        Index("customer_of_org_unit", "org_unit_id", "created_at", "id"),
        Index("customer_tags", "tags", postgresql_using="gin"),
        Index(
            "customer_referred",
            "referred_by",
            "created_at",
            "id",
            postgresql_where="referred_by IS NOT NULL",
        ),
        Index("customer_merged", "merged_into", postgresql_where="merged_into IS NOT NULL"),
    )

    id: UUID = Field(primary_key=True)
    code: str | None
    name: str
    name_key: str = Field(sa_type=BYTEWISE)
    name_pinyin: str = Field(sa_type=BYTEWISE)
    kind: str
    status: str
    phone: str | None
    email: str | None
    tax_number: str | None
    industry: str | None
    business_scope: str | None
    size: str | None
    region: str | None
    address: str | None
    website: str | None
    channel: str | None
    distributor_id: UUID | None = Field(foreign_key="distributor.id")
    owner_id: UUID | None
    org_unit_id: UUID | None = Field(foreign_key="org_unit.id")
    birthday: dict[str, Any] | None = Field(sa_column=Column(JSON, nullable=True))
    tags: list[str] = Field(sa_type=TEXTS)
    preferences: dict[str, Any] = Field(sa_type=JSON)
    attributes: dict[str, Any] = Field(sa_type=JSON)
    referred_by: UUID | None = Field(foreign_key="customer.id")
    merged_into: UUID | None = Field(foreign_key="customer.id")
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)


class CustomerPiece(Base, table=True):
    """What a customer is found by (`pieces`) and compared by (`keys`): hashes that tell nothing."""

    __tablename__ = "customer_piece"
    __table_args__ = (
        Index(
            "customer_piece_pieces",
            "pieces",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 512},
        ),
        Index(
            "customer_piece_keys",
            "keys",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
    )

    customer_id: UUID = Field(primary_key=True, foreign_key="customer.id", ondelete="CASCADE")
    rules: int = Field(sa_type=SmallInteger)
    pieces: list[int] = Field(sa_type=NUMBERS)
    keys: list[int] = Field(sa_type=BIG_NUMBERS)


class CustomerChange(Base, table=True):
    """One field of one customer changed: who, when, from what, to what."""

    __tablename__ = "customer_change"
    __table_args__ = (Index("customer_change_of_customer", "customer_id", "changed_at", "id"),)

    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(foreign_key="customer.id")
    distributor_id: UUID | None
    version: int
    field: str
    old: Any = Field(sa_column=Column(JSON, nullable=True))
    new: Any = Field(sa_column=Column(JSON, nullable=True))
    changed_by: UUID
    changed_at: datetime = Field(sa_type=MOMENT)
