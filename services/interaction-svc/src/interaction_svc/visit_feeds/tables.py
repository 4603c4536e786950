"""The addresses of people's calendars."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlmodel import Field

from interaction_svc.tables import MOMENT, Base


class VisitFeed(Base, table=True):
    """One person's calendar; of the secret in its address only the SHA-256 is kept."""

    __tablename__ = "visit_feed"
    __table_args__ = (UniqueConstraint("token_hash", name="visit_feed_of_token"),)

    staff_id: UUID = Field(primary_key=True)
    token_hash: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=MOMENT)
