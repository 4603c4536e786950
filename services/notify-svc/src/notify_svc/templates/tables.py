"""Templates as they are kept: the template, and its versions with what was compiled of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notify_svc.tables import Base


class MessageTemplate(Base, table=True):
    """A template under the name by which rules ask for it. `published` is the number of the version in force.

    `shipped` is the digest of the files that Tonglu made it from, null for a company's own.
    """

    __tablename__ = "message_template"
    __table_args__ = (UniqueConstraint("name", name="message_template_name"),)

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    name: str = Field(sa_type=Text)
    description: str | None = Field(sa_type=Text)
    published: int | None = Field(sa_type=Integer)
    latest: int = Field(sa_type=Integer)
    shipped: str | None = Field(sa_type=Text)
    version: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))


class MessageTemplateVersion(Base, table=True):
    """One version: variables and texts as they were written, and `compiled` as they are filled in.

    Only the latest version changes, and only until it is published for the first time.
    """

    __tablename__ = "message_template_version"
    __table_args__ = (
        ForeignKeyConstraint(
            ["template_id"], ["message_template.id"], name="message_template_version_of", ondelete="CASCADE"
        ),
        UniqueConstraint("template_id", "number", name="message_template_version_number"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    template_id: UUID = Field(sa_type=Uuid)
    number: int = Field(sa_type=Integer)
    variables: list[dict[str, Any]] = Field(sa_type=JSONB)
    texts: dict[str, Any] = Field(sa_type=JSONB)
    compiled: dict[str, Any] = Field(sa_type=JSONB)
    used: bool = Field(sa_type=Boolean)
    created_by: UUID | None = Field(sa_type=Uuid)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
