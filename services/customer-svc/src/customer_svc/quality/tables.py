"""What was found of each active customer, and the sums of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, SmallInteger
from sqlmodel import Field

from customer_svc.quality.domain import CODES, DIMENSIONS
from customer_svc.tables import MOMENT, Base

_WORST_FIRST = ("score", "customer_id")


def _worst_of(name: str, condition: str) -> Index:
    """Only the rows that a page by this finding or dimension shows, in their order."""
    return Index(f"customer_quality_{name}", *_WORST_FIRST, postgresql_where=condition)


class CustomerQuality(Base, table=True):
    """How good an active customer's data were found to be; a column says of each finding whether it is there.

    `missing`, `invalid` and `stale` are the points that each dimension costs. Whose and whence the customer
    is stands here, too: what changes it has it judged anew, and lists need an index each.
    """

    __tablename__ = "customer_quality"
    __table_args__ = (
        *(Column(code, Boolean, nullable=False) for code in CODES),
        Index("customer_quality_by_score", *_WORST_FIRST),
        Index("customer_quality_of_channel", "channel", *_WORST_FIRST),
        Index("customer_quality_of_distributor", "distributor_id", *_WORST_FIRST),
        Index("customer_quality_of_org_unit", "org_unit_id", *_WORST_FIRST),
        Index("customer_quality_of_owner", "owner_id", *_WORST_FIRST),
        Index("customer_quality_fresh", "touched_at", postgresql_where="NOT record_stale"),
        *(_worst_of(code, code) for code in CODES),
        *(_worst_of(dimension, f"{dimension} > 0") for dimension in DIMENSIONS),
    )

    customer_id: UUID = Field(primary_key=True, foreign_key="customer.id", ondelete="CASCADE")
    distributor_id: UUID | None
    owner_id: UUID | None
    org_unit_id: UUID | None
    kind: str
    channel: str | None
    rules: int = Field(sa_type=SmallInteger)
    score: int = Field(sa_type=SmallInteger)
    missing: int = Field(sa_type=SmallInteger)
    invalid: int = Field(sa_type=SmallInteger)
    stale: int = Field(sa_type=SmallInteger)
    touched_at: datetime = Field(sa_type=MOMENT)
    confirmed_at: datetime | None = Field(sa_type=MOMENT)


class QualityFigure(Base, table=True):
    """How many customers of one holder, distributor and channel there were, and how many had each finding."""

    __tablename__ = "quality_figure"
    __table_args__ = tuple(Column(code, Integer, nullable=False) for code in CODES)

    id: UUID = Field(primary_key=True)
    distributor_id: UUID | None
    owner_id: UUID | None
    org_unit_id: UUID | None
    channel: str | None
    customers: int
    points: int = Field(sa_type=BigInteger)
    computed_at: datetime = Field(sa_type=MOMENT)
