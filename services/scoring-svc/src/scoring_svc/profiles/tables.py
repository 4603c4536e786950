"""Customers by what they are."""

from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlmodel import Field

from scoring_svc.tables import Base


class CustomerProfile(Base, table=True):
    """A customer's attributes as its newest event told them, by `version`; `region` is a GB/T 2260 code.

    `referred_by` is the customer by whose recommendation it came.
    """

    __tablename__ = "customer_profile"
    __table_args__ = (
        Index(
            "customer_profile_referred",
            "referred_by",
            postgresql_where=text("referred_by IS NOT NULL"),
        ),
    )

    customer_id: UUID = Field(primary_key=True)
    kind: str | None = Field(sa_type=Text)
    industry: str | None = Field(sa_type=Text)
    region: str | None = Field(sa_type=Text)
    size: str | None = Field(sa_type=Text)
    referred_by: UUID | None
    version: int
