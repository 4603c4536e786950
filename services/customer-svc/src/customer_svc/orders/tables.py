"""Sales and returns, with their lines."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, Numeric
from sqlmodel import Column, Field

from customer_svc.orders.domain import KINDS
from customer_svc.tables import BIG, MOMENT, Base


class Order(Base, table=True):
    """A sale or a return: a fact that is never changed, but may be voided. Amounts are minor units from 0 up.

    `distributor_id` is who sold it, and stays when the customer moves; numbers are the seller's own, and free
    again when their order is voided.
    `fingerprint` is what the sender said (see `domain.fingerprint`), to know the same order sent again.
    """

    __tablename__ = "sales_order"
    __table_args__ = (
        CheckConstraint(f"kind in {KINDS}", name="sales_order_kind"),
        CheckConstraint("amount_minor >= 0", name="sales_order_amount"),
        CheckConstraint("(voided_at IS NULL) = (voided_by IS NULL)", name="sales_order_voided"),
        Index(
            "sales_order_number",
            "channel",
            "order_no",
            "distributor_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where="voided_at IS NULL",
        ),
        Index(
            "sales_order_returned",
            "channel",
            "return_of",
            postgresql_where="return_of IS NOT NULL AND voided_at IS NULL",
        ),
        Index("sales_order_by_time", "ordered_at", "id"),
        Index("sales_order_of_customer", "customer_id", "ordered_at", "id"),
        Index("sales_order_of_distributor", "distributor_id", "ordered_at", "id"),
        Index("sales_order_of_origin", "origin_id", postgresql_where="origin_id IS NOT NULL"),
    )

    id: UUID = Field(primary_key=True)
    channel: str
    order_no: str
    kind: str
    return_of: str | None
    customer_id: UUID = Field(foreign_key="customer.id")
    origin_id: UUID | None
    distributor_id: UUID | None = Field(foreign_key="distributor.id")
    ordered_at: datetime = Field(sa_type=MOMENT)
    amount_minor: int = Field(sa_type=BIG)
    currency: str
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_type=MOMENT)
    voided_at: datetime | None = Field(sa_type=MOMENT)
    voided_by: UUID | None


class OrderLine(Base, table=True):
    """One product of an order; its amount is in the order's currency."""

    __tablename__ = "sales_order_line"

    order_id: UUID = Field(primary_key=True, foreign_key="sales_order.id")
    position: int = Field(primary_key=True)
    distributor_id: UUID | None
    sku: str | None
    name: str | None
    category: str | None
    quantity: Decimal = Field(sa_column=Column(Numeric(18, 3), nullable=False))
    amount_minor: int | None = Field(sa_type=BIG, nullable=True)
