"""The register of channels."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from customer_svc.channels.domain import KINDS
from customer_svc.tables import MOMENT, Base


class Channel(Base, table=True):
    """A way in which customers are reached; `confirmed` by a person, or entered by its first use."""

    __table_args__ = (
        CheckConstraint(f"kind in {KINDS}", name="channel_kind"),
        Index("channel_by_created", "created_at", "id"),
        Index("channel_by_name", "name", "id"),
    )

    id: UUID = Field(primary_key=True)
    code: str = Field(unique=True)
    name: str
    kind: str
    confirmed: bool
    version: int
    created_at: datetime = Field(sa_type=MOMENT)
    updated_at: datetime = Field(sa_type=MOMENT)
