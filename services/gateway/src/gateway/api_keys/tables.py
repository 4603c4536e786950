"""Keys as they are kept: of the secrets only keyed hashes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from gateway.tables import Base

_MOMENT = DateTime(timezone=True)


class ApiKey(Base, table=True):
    """A key of a distributor; while it changes to a new secret, the one before stays good for a time."""

    __tablename__ = "api_key"
    __table_args__ = (
        CheckConstraint("environment in ('live', 'test')", name="api_key_environment"),
        CheckConstraint("cardinality(scopes) > 0", name="api_key_scopes"),
        CheckConstraint("(previous_hash is null) = (previous_until is null)", name="api_key_previous"),
        CheckConstraint("(revoked_at is null) = (revoked_by is null)", name="api_key_revoked"),
        Index("api_key_key_id_once", "key_id", unique=True),
        Index("api_key_created", "created_at", "id"),
        Index("api_key_distributor", "distributor_id", "created_at", "id"),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    key_id: str = Field(sa_column=Column(Text, nullable=False))
    name: str = Field(sa_column=Column(Text, nullable=False))
    environment: str = Field(sa_column=Column(Text, nullable=False))
    distributor_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    networks: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    masked_fields: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    plan: str = Field(sa_column=Column(Text, ForeignKey("plan.code", name="api_key_plan"), nullable=False))
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    previous_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    previous_until: datetime | None = Field(default=None, sa_column=Column(_MOMENT))
    expires_at: datetime | None = Field(default=None, sa_column=Column(_MOMENT))
    last_used_at: datetime | None = Field(default=None, sa_column=Column(_MOMENT))
    rotated_at: datetime | None = Field(default=None, sa_column=Column(_MOMENT))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(_MOMENT))
    revoked_by: UUID | None = Field(default=None, sa_column=Column(Uuid))
    created_by: UUID = Field(sa_column=Column(Uuid, nullable=False))
    granted_by: UUID = Field(sa_column=Column(Uuid, nullable=False))
    version: int = Field(sa_column=Column(Integer, nullable=False))
    created_at: datetime = Field(sa_column=Column(_MOMENT, nullable=False))
    updated_at: datetime = Field(sa_column=Column(_MOMENT, nullable=False))
