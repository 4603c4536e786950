"""The rows of playbooks and their versions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notify_svc.tables import Base

_MOMENT = DateTime(timezone=True)


class Playbook(Base, table=True):
    """A playbook; `published` is the number of the version by which new runs go.

    `shipped` is the digest of the file that Tonglu made it from. While `stopping`, its runs are being ended.
    """

    __tablename__ = "playbook"
    __table_args__ = (
        UniqueConstraint("code", name="playbook_code"),
        CheckConstraint("state IN ('draft', 'active', 'archived')", name="playbook_state"),
        CheckConstraint("state <> 'active' OR published IS NOT NULL", name="playbook_published"),
        Index("playbook_by_creation", "created_at", "id"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    code: str = Field(sa_type=Text)
    title_zh: str = Field(sa_type=Text)
    title_en: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    published: int | None = Field(sa_type=Integer)
    latest: int = Field(sa_type=Integer)
    stopping: bool = Field(sa_type=Boolean)
    shipped: str | None = Field(sa_type=Text)
    created_by: UUID | None = Field(sa_type=Uuid)
    created_at: datetime = Field(sa_type=_MOMENT)
    updated_at: datetime = Field(sa_type=_MOMENT)
    version: int = Field(sa_type=BigInteger)


class PlaybookVersion(Base, table=True):
    """One version; the latest can change until it is published for the first time (`used`)."""

    __tablename__ = "playbook_version"
    __table_args__ = (
        ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name="playbook_version_of"),
        UniqueConstraint("playbook_id", "number", name="playbook_version_number"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    playbook_id: UUID = Field(sa_type=Uuid)
    number: int = Field(sa_type=Integer)
    definition: dict[str, Any] = Field(sa_type=JSONB)
    used: bool = Field(sa_type=Boolean)
    created_by: UUID | None = Field(sa_type=Uuid)
    created_at: datetime = Field(sa_type=_MOMENT)
