"""Use by credential and hour."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Index, Text, Uuid
from sqlmodel import Field

from gateway.tables import Base


class UsageHour(Base, table=True):
    """What one credential did within one hour."""

    __tablename__ = "usage_hour"
    __table_args__ = (Index("usage_hour_hour", "hour"),)

    credential: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    hour: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    calls: int = Field(sa_column=Column(BigInteger, nullable=False))
    client_errors: int = Field(sa_column=Column(BigInteger, nullable=False))
    server_errors: int = Field(sa_column=Column(BigInteger, nullable=False))
    limited: int = Field(sa_column=Column(BigInteger, nullable=False))
    last_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
