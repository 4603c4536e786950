"""Steps that were taken, each with its answer, and what previews foresee."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, Text
from sqlmodel import Field

from interaction_svc.tables import MOMENT, Base


class LoadStep(Base, table=True):
    """One step of a piece of work; `answer` is the JSON text of its `size` outcomes."""

    __tablename__ = "load_step"
    __table_args__ = (
        CheckConstraint("deed IN ('load', 'preview', 'withdrawal')", name="load_step_deed"),
        Index("load_step_by_age", "created_at"),
    )

    work_id: UUID = Field(primary_key=True)
    deed: str = Field(primary_key=True, sa_type=Text)
    step: int = Field(primary_key=True)
    size: int
    answer: str = Field(sa_type=Text)
    created_by: UUID
    created_at: datetime = Field(sa_type=MOMENT)


class Foreseen(Base, table=True):
    """An interaction that a preview would have stored by now: by what it is known again, and what it says.

    All but the customer for whom it was sent are keyed hashes.
    """

    __tablename__ = "load_foreseen"
    __table_args__ = (Index("load_foreseen_by_age", "created_at"),)

    work_id: UUID = Field(primary_key=True)
    key: bytes = Field(primary_key=True, sa_type=LargeBinary)
    customer_id: UUID = Field(primary_key=True)
    agreement: bytes = Field(sa_type=LargeBinary)
    participants: bytes = Field(sa_type=LargeBinary)
    attachments: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=MOMENT)
