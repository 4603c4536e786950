"""The tiers of customers."""

from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field

from interaction_svc.tables import Base


class CustomerTier(Base, table=True):
    """A customer's tier; the customer may not be known here yet, so nothing refers to it."""

    __tablename__ = "customer_tier"

    customer_id: UUID = Field(primary_key=True)
    tier: str = Field(sa_type=Text)
    version: int
