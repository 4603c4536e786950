"""What is kept beside the log of orders so that it is read quickly."""

from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, Text
from sqlmodel import Field

from scoring_svc.tables import Base


class OrderBook(Base, table=True):
    """The orders of one customer that are not voided, by time, and their lines: see `domain` for the columns.

    It counts unless `order_change` names the customer; then the log does.
    """

    __tablename__ = "order_book"

    customer_id: UUID = Field(primary_key=True)
    orders: bytes = Field(sa_type=LargeBinary)
    lines: bytes = Field(sa_type=LargeBinary)


class OrderChange(Base, table=True):
    """Of whom an order or a line was written since its book was; triggers add a row to each such statement.

    Nothing but rows to add, so that no two writers wait for each other.
    """

    __tablename__ = "order_change"

    id: int = Field(primary_key=True, sa_type=BigInteger)
    customer_id: UUID


class OrderWord(Base, table=True):
    """What a number in a book stands for: currency, kind and channel of an order, or a line's category."""

    __tablename__ = "order_word"

    code: int = Field(primary_key=True, sa_type=BigInteger)
    name: str = Field(sa_type=Text)
