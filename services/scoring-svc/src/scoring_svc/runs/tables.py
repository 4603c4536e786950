"""Scoring runs over all customers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class ScoringRun(Base, table=True):
    """One pass over all customers; `learnt` says whether a model was learnt first."""

    __tablename__ = "scoring_run"
    __table_args__ = (
        CheckConstraint("cause IN ('bulk', 'daily', 'request', 'promotion')", name="scoring_run_cause_known"),
        Index("scoring_run_by_age", "started_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    cause: str = Field(sa_type=Text)
    learnt: bool
    model_id: UUID
    scored: int
    changed: int
    warned: int
    started_at: datetime = Field(sa_type=MOMENT)
    finished_at: datetime = Field(sa_type=MOMENT)
