"""On which day of the year people are born, as one text: kept by triggers, found by an index.

Under row security PostgreSQL finds nothing by an index over an expression on JSON: its functions are not
leakproof. So the text has a column.
"""

from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from customer_svc.tables import Base


class CustomerBirthday(Base, table=True):
    """The day of a customer that has a birthday (see `domain.birthday_key`)."""

    __tablename__ = "customer_birthday"
    __table_args__ = (Index("customer_birthday_by_day", "day", "id"),)

    id: UUID = Field(primary_key=True, foreign_key="customer.id", ondelete="CASCADE")
    day: str


class ContactBirthday(Base, table=True):
    """The same of a contact."""

    __tablename__ = "contact_birthday"
    __table_args__ = (Index("contact_birthday_by_day", "day", "id"),)

    id: UUID = Field(primary_key=True, foreign_key="contact.id", ondelete="CASCADE")
    day: str
