"""What was found of each active customer, and the sums of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, SmallInteger
from sqlmodel import Field

from customer_svc.quality.domain import CODES
from customer_svc.tables import MOMENT, Base


def _index(name: str, *columns: str, where: str) -> Index:
    return Index(f"customer_quality_{name}", *columns, postgresql_where=where)


class CustomerQuality(Base, table=True):
    """How good an active customer's data were found to be; a column says of each finding whether it is there.

    `missing`, `invalid` and `stale` are the points that each dimension costs. Whose and whence the customer
    is stands here, too: what changes it has it judged anew, and lists need an index each.
    """

    __tablename__ = "customer_quality"
    __table_args__ = (
        *(Column(code, Boolean, nullable=False) for code in CODES),
        Index("customer_quality_by_score", "score", "customer_id"),
        *(
            _index(f"by_{column}", column, "score", "customer_id", where=f"{column} IS NOT NULL")
            for column in ("channel", "distributor_id", "org_unit_id", "owner_id")
        ),
        _index("fresh", "touched_at", where="NOT record_stale"),
        # For what is rare: without the id, by which equals are sorted, PostgreSQL stores equal keys once.
        *(_index(code, "score", where=code) for code in CODES),
        *(_index(dimension, "score", where=f"{dimension} > 0") for dimension in ("invalid", "stale")),
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
