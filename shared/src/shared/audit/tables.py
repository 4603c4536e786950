"""The rows of the audit, the same in every service's database; no role may change or delete them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from shared.db.base import SharedBase

_MOMENT: Any = DateTime(timezone=True)
_IDS: Any = ARRAY(Uuid)


class AuditEntry(SharedBase, table=True):
    """One deed as `Entry` says; `mac` is the keyed hash of its row."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("audit_entry_of_actor", "actor_id", "id"),
        Index("audit_entry_subjects", "subjects", postgresql_using="gin"),
    )

    id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_type=_MOMENT)
    kind: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    resource: str = Field(sa_type=Text)
    actor_kind: str = Field(sa_type=Text)
    actor_id: UUID | None
    subjects: list[UUID] = Field(sa_column=Column(_IDS, nullable=False))
    records: int
    times: int
    filters: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    status: int = Field(sa_type=SmallInteger)
    code: str = Field(sa_type=Text)
    address: bytes = Field(sa_type=LargeBinary)
    request_id: str = Field(sa_type=Text)
    mac: bytes = Field(sa_type=LargeBinary)


class AuditBlock(SharedBase, table=True):
    """Links of the chain that were made together: entry `ids[n]` has number `first + n`.

    `hashes` holds their hashes one after the other, 32 bytes each; each covers the hash before it.
    """

    __tablename__ = "audit_block"
    __table_args__ = (Index("audit_block_sealed", "sealed_at"),)

    first: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    ids: list[UUID] = Field(sa_column=Column(_IDS, nullable=False))
    hashes: bytes = Field(sa_type=LargeBinary)
    sealed_at: datetime = Field(sa_type=_MOMENT)


class AuditCheckpoint(SharedBase, table=True):
    """Where the chain begins after older entries were retired: the hash at `number`, signed."""

    __tablename__ = "audit_checkpoint"

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hash: bytes = Field(sa_type=LargeBinary)
    mac: bytes = Field(sa_type=LargeBinary)
    retired_at: datetime = Field(sa_type=_MOMENT)


class AuditAnchor(SharedBase, table=True):
    """How far a service's chain was at a moment, kept in every service's database.

    `agrees` is false when the chain as it was told then does not go on from the anchor before.
    """

    __tablename__ = "audit_anchor"

    service: str = Field(primary_key=True, sa_type=Text)
    turn: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(sa_type=BigInteger)
    hash: bytes = Field(sa_type=LargeBinary)
    agrees: bool
    at: datetime = Field(sa_type=_MOMENT)
