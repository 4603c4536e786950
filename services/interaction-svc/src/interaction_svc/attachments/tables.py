"""Attachments, what refers to them, and the objects that hold their bytes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, Text, text
from sqlmodel import Field

from interaction_svc.tables import MOMENT, Base


class StoredObject(Base, table=True):
    """That an object may be in the store, from before its first byte until after its end.

    `coming` while it is written, `there` once an attachment names it, `going` when it is to be deleted: a
    crash at any moment leaves a row that says what is left to do.
    """

    __tablename__ = "stored_object"
    __table_args__ = (
        CheckConstraint("state IN ('coming', 'there', 'going')", name="stored_object_state"),
        Index("stored_object_passing", "since", postgresql_where=text("state <> 'there'")),
    )

    id: UUID = Field(primary_key=True)
    state: str = Field(sa_type=Text)
    since: datetime = Field(sa_type=MOMENT)


class Attachment(Base, table=True):
    """A file of a customer; its bytes are the object of the same id.

    `unused_since`: since when nothing refers to it.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("size > 0", name="attachment_size"),
        Index("attachment_of_customer", "customer_id"),
        Index("attachment_of_distributor", "distributor_id"),
        Index("attachment_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index("attachment_unused", "unused_since", postgresql_where=text("unused_since IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True, foreign_key="stored_object.id")
    customer_id: UUID
    origin_id: UUID | None
    distributor_id: UUID | None
    name: str = Field(sa_type=Text)
    media_type: str = Field(sa_type=Text)
    size: int = Field(sa_type=BigInteger)
    sha256: bytes = Field(sa_type=LargeBinary)
    unused_since: datetime | None = Field(sa_type=MOMENT)
    created_by: UUID
    created_at: datetime = Field(sa_type=MOMENT)


class AttachmentUse(Base, table=True):
    """That a record refers to an attachment: `holder_id` is the record's id."""

    __tablename__ = "attachment_use"
    __table_args__ = (Index("attachment_use_of_attachment", "attachment_id"),)

    holder_id: UUID = Field(primary_key=True)
    attachment_id: UUID = Field(primary_key=True, foreign_key="attachment.id")
