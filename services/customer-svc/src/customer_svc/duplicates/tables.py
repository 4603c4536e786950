"""Pairs of customers that may be one, and how often somebody was told of customers out of sight."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Double, Index
from sqlmodel import Field

from customer_svc.duplicates.domain import LEVELS, STATUSES
from customer_svc.tables import JSON, MOMENT, Base


class Candidate(Base, table=True):
    """Two customers of one distributor that look like one, and what somebody decided of them.

    It is seen by who sees both, so a pair of customers that are gone is nobody's. `review_at` is when one
    that is put off comes back, `checked_at` when a search last found it. `features` are (feature, agreement,
    weight) as the search saw them.
    """

    __tablename__ = "duplicate_candidate"
    __table_args__ = (
        CheckConstraint("first_id < second_id", name="duplicate_candidate_order"),
        CheckConstraint(f"level in {LEVELS}", name="duplicate_candidate_level"),
        CheckConstraint(f"status in {STATUSES}", name="duplicate_candidate_status"),
        Index("duplicate_candidate_pair", "first_id", "second_id", unique=True),
        Index("duplicate_candidate_of_second", "second_id"),
        Index("duplicate_candidate_by_score", "score", "id"),
        Index("duplicate_candidate_by_found", "found_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    first_id: UUID
    second_id: UUID
    score: float = Field(sa_type=Double)
    level: str
    features: list[list[Any]] = Field(sa_column=Column(JSON, nullable=False))
    status: str
    decided_by: UUID | None
    decided_at: datetime | None = Field(sa_type=MOMENT)
    review_at: datetime | None = Field(sa_type=MOMENT)
    found_at: datetime = Field(sa_type=MOMENT)
    checked_at: datetime = Field(sa_type=MOMENT)
    version: int


class Disclosure(Base, table=True):
    """How often somebody was told, since a moment, that a customer exists which they do not see."""

    __tablename__ = "duplicate_disclosure"

    principal_id: UUID = Field(primary_key=True)
    since: datetime = Field(sa_type=MOMENT)
    told: int
