"""Sessions, their refresh tokens, and who failed to sign in how often."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, Text, Uuid
from sqlmodel import Field

from gateway.tables import Base


class Session(Base, table=True):
    """One sign-in and every token that follows from it (the family)."""

    __tablename__ = "session"
    __table_args__ = (
        CheckConstraint("method in ('password', 'oidc')", name="session_method"),
        Index("session_staff", "staff_id"),
        Index("session_expires", "expires_at"),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    staff_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("staff.id", ondelete="CASCADE"), nullable=False))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    revoked_for: str | None = Field(default=None, sa_column=Column(Text))
    program: str = Field(sa_column=Column(Text, nullable=False, server_default="other"))
    method: str = Field(sa_column=Column(Text, nullable=False, server_default="password"))


class RefreshToken(Base, table=True):
    """One link of the chain; the secret is kept as its SHA-256 only."""

    __tablename__ = "refresh_token"
    __table_args__ = (Index("refresh_token_session", "session_id"),)

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    session_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("session.id", ondelete="CASCADE"), nullable=False)
    )
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class SignInGuard(Base, table=True):
    """Failed sign-ins per user name, known or not; the name is kept as a keyed hash only."""

    __tablename__ = "sign_in_guard"
    __table_args__ = (Index("sign_in_guard_last", "last_failed_at"),)

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    failed_count: int = Field(sa_column=Column(Integer, nullable=False))
    last_failed_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    locked_until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
