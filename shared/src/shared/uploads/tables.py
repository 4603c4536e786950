"""Received files, in pieces that any worker can read."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, LargeBinary
from sqlmodel import Field

from shared.db.base import SharedBase

MOMENT: Any = DateTime(timezone=True)
BIG: Any = BigInteger


class Upload(SharedBase, table=True):
    """One file; `sha256` is null until its last byte is stored."""

    __table_args__ = (Index("upload_by_created", "created_at"),)

    id: UUID = Field(primary_key=True)
    size: int = Field(sa_type=BIG)
    chunks: int
    sha256: bytes | None = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=MOMENT)


class UploadChunk(SharedBase, table=True):
    """One MiB of a file (the last piece is shorter), numbered from 0."""

    __tablename__ = "upload_chunk"

    upload_id: UUID = Field(primary_key=True, foreign_key="upload.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    data: bytes = Field(sa_type=LargeBinary)
