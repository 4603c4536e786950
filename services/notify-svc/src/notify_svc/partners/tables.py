"""The rows of partners: the tree of distributors and the standing of keys; ids and codes, no names."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, DateTime, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from notify_svc.tables import Base


class DistributorRef(Base, table=True):
    """A distributor as told at `version`; 0 is what a partner's token vouched for before any event told."""

    __tablename__ = "distributor_ref"

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    parent_id: UUID | None = Field(sa_type=Uuid, index=True)
    status: str = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)


class PartnerKey(Base, table=True):
    """A key as the gateway told of it; `scopes` null: it did not say."""

    __tablename__ = "partner_key"

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    scopes: list[str] | None = Field(sa_type=ARRAY(Text))
    expires_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    revoked: bool = Field(sa_type=Boolean)
    version: int = Field(sa_type=BigInteger)
