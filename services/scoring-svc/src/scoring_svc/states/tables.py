"""The state of each customer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, SmallInteger, Text
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class CustomerState(Base, table=True):
    """What `modelling.states` makes of a customer's log, orders in `currency` alone; "" before it was built.

    `stale` is the set of parts (bits) that are to be built anew before they count. One row for each customer
    of whom a fact was told, and of whom a score was made.
    """

    __tablename__ = "customer_state"

    customer_id: UUID = Field(primary_key=True)
    currency: str = Field(sa_type=Text)
    stale: int = Field(sa_type=SmallInteger)
    document: bytes = Field(sa_type=LargeBinary)
    version: int
    changed_at: datetime = Field(sa_type=MOMENT)
