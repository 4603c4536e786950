"""Windows of next orders."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Float, Index, Text
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class NextPurchase(Base, table=True):
    """When a customer's next order is to be expected, were it still a customer; `p_alive` says whether.

    The order comes before `expected_at` with even chances, and inside a pair with 50 or 80 %. `tier` is that
    of the score which this was computed with.
    """

    __tablename__ = "next_purchase"
    __table_args__ = (Index("next_purchase_due", "expected_at", "customer_id"),)

    customer_id: UUID = Field(primary_key=True)
    tier: str = Field(sa_type=Text)
    p_alive: float = Field(sa_type=Float)
    earliest_80: datetime = Field(sa_type=MOMENT)
    earliest_50: datetime = Field(sa_type=MOMENT)
    expected_at: datetime = Field(sa_type=MOMENT)
    latest_50: datetime = Field(sa_type=MOMENT)
    latest_80: datetime = Field(sa_type=MOMENT)
    model_id: UUID
    computed_at: datetime = Field(sa_type=MOMENT)
