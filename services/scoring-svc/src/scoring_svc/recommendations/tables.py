"""What was learnt of products that are bought by the same customers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, REAL, CheckConstraint, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class Recommender(Base, table=True):
    """One build; at most one is current, and only that one has products.

    `bases` says by task which method speaks, `card` is the backtest that decided it. `popular` holds numbers
    of products with their customers, the most popular first: of `all`, and of each larger industry.
    """

    __tablename__ = "recommender"
    __table_args__ = (
        CheckConstraint("status IN ('current', 'retired')", name="recommender_status_known"),
        Index("recommender_one_current", "status", unique=True, postgresql_where=text("status = 'current'")),
    )

    id: UUID = Field(primary_key=True)
    status: str = Field(sa_type=Text)
    bases: dict[str, str] = Field(sa_type=JSONB)
    customers: int
    products: int
    purchases: int
    popular: dict[str, Any] = Field(sa_type=JSONB)
    card: dict[str, Any] = Field(sa_type=JSONB)
    as_of: datetime = Field(sa_type=MOMENT)
    built_at: datetime = Field(sa_type=MOMENT)


class RecommenderProduct(Base, table=True):
    """A product by its number in one build: the numbers of what goes with it, the best first.

    `weights` are between 0 and 1, `together` counts the customers who bought both, `customers` its own.
    """

    __tablename__ = "recommender_product"
    __table_args__ = (Index("recommender_product_named", "recommender_id", "sku", unique=True),)

    recommender_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    sku: str = Field(sa_type=Text)
    category: str | None = Field(sa_type=Text)
    customers: int
    others: list[int] = Field(sa_type=ARRAY(Integer))
    weights: list[float] = Field(sa_type=ARRAY(REAL))
    together: list[int] = Field(sa_type=ARRAY(Integer))
