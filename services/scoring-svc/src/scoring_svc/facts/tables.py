"""The log of facts that scores are computed from, and which customers are due for a new score."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, Text, text
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base

PARTS = ("quality", "attitude", "delivery")
"""What an answer may tell of beside the whole: products, service, speed of delivery."""


class OrderRow(Base, table=True):
    """An order or a return; `amount_minor` is never negative.

    A `voided` one counts no more, and stays so that a late report of it does not count either.
    """

    __tablename__ = "order_fact"
    __table_args__ = (Index("order_fact_of_customer", "customer_id", "ordered_at"),)

    order_id: UUID = Field(primary_key=True)
    customer_id: UUID
    ordered_at: datetime = Field(sa_type=MOMENT)
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=Text)
    is_return: bool
    voided: bool
    channel: str | None = Field(sa_type=Text)


class OrderLineRow(Base, table=True):
    """One product of an order; `amount_minor` is of the whole line, in the order's currency, from 0 up.

    It counts as long as its order does: those of voided ones stay, and are left out when lines are read.
    """

    __tablename__ = "order_line_fact"
    __table_args__ = (
        Index("order_line_fact_of_customer", "customer_id"),
        Index("order_line_fact_of_sku", "sku", "customer_id"),
    )

    order_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=SmallInteger)
    customer_id: UUID
    sku: str | None = Field(sa_type=Text)
    category: str | None = Field(sa_type=Text)
    quantity: float
    amount_minor: int | None = Field(sa_type=BigInteger)


class ContactRow(Base, table=True):
    """A contact with a customer, inbound (theirs) or outbound (ours).

    A `withdrawn` one counts no more, and stays so that a late report of it does not count either.
    """

    __tablename__ = "contact_fact"
    __table_args__ = (Index("contact_fact_of_customer", "customer_id", "occurred_at"),)

    interaction_id: UUID = Field(primary_key=True)
    customer_id: UUID
    occurred_at: datetime = Field(sa_type=MOMENT)
    direction: str = Field(sa_type=Text)
    withdrawn: bool


class ComplaintRow(Base, table=True):
    """A complaint as its newest event told it; `severity` 1 (low) to 4 (critical).

    A `merged` one was the same as another, and counts no more.
    """

    __tablename__ = "complaint_fact"
    __table_args__ = (Index("complaint_fact_of_customer", "customer_id", "opened_at"),)

    complaint_id: UUID = Field(primary_key=True)
    customer_id: UUID
    opened_at: datetime = Field(sa_type=MOMENT)
    severity: int = Field(sa_type=SmallInteger)
    resolved_at: datetime | None = Field(None, sa_type=MOMENT)
    merged: bool
    version: int


class SurveyRow(Base, table=True):
    """How satisfied a customer was by one answered survey, and with what; each from 1 (not at all) to 5."""

    __tablename__ = "survey_fact"
    __table_args__ = (Index("survey_fact_of_customer", "customer_id", "answered_at"),)

    response_id: UUID = Field(primary_key=True)
    customer_id: UUID
    answered_at: datetime = Field(sa_type=MOMENT)
    score: float
    quality: float | None = None
    attitude: float | None = None
    delivery: float | None = None


class PromiseRow(Base, table=True):
    """A promise as far as its events tell of it; `due_at` is what the newest of them says, by `version`.

    It is broken from `broken_at` on, and over from `settled_at` on, kept or taken back.
    """

    __tablename__ = "promise_fact"
    __table_args__ = (
        Index(
            "promise_fact_of_customer",
            "customer_id",
            "broken_at",
            postgresql_where=text("broken_at IS NOT NULL"),
        ),
    )

    promise_id: UUID = Field(primary_key=True)
    customer_id: UUID
    made_at: datetime | None = Field(sa_type=MOMENT)
    due_at: datetime = Field(sa_type=MOMENT)
    broken_at: datetime | None = Field(sa_type=MOMENT)
    settled_at: datetime | None = Field(sa_type=MOMENT)
    version: int


class Due(Base, table=True):
    """A customer whose facts changed since the last score; scored when `due_at` has come."""

    __tablename__ = "customer_due"
    __table_args__ = (Index("customer_due_at", "due_at"),)

    customer_id: UUID = Field(primary_key=True)
    due_at: datetime = Field(sa_type=MOMENT)


class CustomerChange(Base, table=True):
    """When something new was last known of a customer, by transaction (`pg_current_xact_id`) and moment."""

    __tablename__ = "customer_change"

    customer_id: UUID = Field(primary_key=True)
    changed_in: int = Field(sa_type=BigInteger)
    changed_at: datetime = Field(sa_type=MOMENT)
