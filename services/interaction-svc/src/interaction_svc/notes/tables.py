"""Internal notes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from interaction_svc.tables import MOMENT, Base


class ComplaintNote(Base, table=True):
    """What somebody tells colleagues about a complaint; it stays as it was written."""

    __tablename__ = "complaint_note"
    __table_args__ = (Index("complaint_note_of_complaint", "complaint_id", "created_at", "id"),)

    id: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(foreign_key="complaint.id", ondelete="CASCADE")
    text: str = Field(sa_type=Text)
    created_by: UUID
    created_at: datetime = Field(sa_type=MOMENT)
