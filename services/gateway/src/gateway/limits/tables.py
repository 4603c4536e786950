"""Plans, what each credential and address has used, and failed guesses."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Text,
    Uuid,
)
from sqlmodel import Field

from gateway.tables import Base


class PlanRow(Base, table=True):
    """How much a role, a key or an address may ask."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint("requests_per_minute > 0", name="plan_requests_per_minute"),
        CheckConstraint("burst > 0", name="plan_burst"),
        CheckConstraint("requests_per_day > 0", name="plan_requests_per_day"),
        Index("plan_created", "created_at", "id"),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    code: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    requests_per_minute: int = Field(sa_column=Column(Integer, nullable=False))
    burst: int = Field(sa_column=Column(Integer, nullable=False))
    requests_per_day: int | None = Field(default=None, sa_column=Column(BigInteger))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    updated_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class BucketRow(Base, table=True):
    """What one credential, or one address (a keyed hash of it), has used; moments in microseconds."""

    __tablename__ = "limit_bucket"
    __table_args__ = (Index("limit_bucket_day", "day"),)

    subject: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    full_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    day: int = Field(sa_column=Column(Integer, nullable=False))
    used: int = Field(sa_column=Column(BigInteger, nullable=False))


class FailureRow(Base, table=True):
    """When an address or a key id last failed to prove itself (keyed hashes); moments in microseconds."""

    __tablename__ = "auth_failure"
    __table_args__ = (Index("auth_failure_last", "last_at"),)

    subject: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    failed_at: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    last_at: int = Field(sa_column=Column(BigInteger, nullable=False))
