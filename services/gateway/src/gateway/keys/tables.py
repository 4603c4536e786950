"""Signing keys as they are kept: the public half readable, the private half sealed."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from gateway.tables import Base


class SigningKey(Base, table=True):
    __tablename__ = "signing_key"
    __table_args__ = (CheckConstraint("purpose in ('access', 'internal')", name="signing_key_purpose"),)

    kid: str = Field(sa_column=Column(Text, primary_key=True))
    purpose: str = Field(sa_column=Column(Text, nullable=False))
    public_key: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    private_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    retires_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
