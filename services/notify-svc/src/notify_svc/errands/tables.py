"""The rows of errands: how far each source was heard."""

from uuid import UUID

from sqlalchemy import BigInteger, Text, Uuid
from sqlmodel import Field

from notify_svc.tables import Base


class ReminderSource(Base, table=True):
    """The newest version heard of each warning and complaint: an event that is not newer has no effect."""

    __tablename__ = "reminder_source"

    source: str = Field(sa_type=Text, primary_key=True)
    source_id: UUID = Field(sa_type=Uuid, primary_key=True)
    version: int = Field(sa_type=BigInteger)
