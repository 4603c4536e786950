"""The one rule of senior people on visits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from interaction_svc.staff.tables import TEXTS
from interaction_svc.tables import MOMENT, Base


class VisitRule(Base, table=True):
    """Visits to customers of `tiers` are joined by one of `senior_roles` once in `every_days`; one row."""

    __tablename__ = "visit_rule"
    __table_args__ = (
        CheckConstraint("single", name="visit_rule_single"),
        CheckConstraint("every_days BETWEEN 1 AND 1096", name="visit_rule_days"),
    )

    single: bool = Field(primary_key=True)
    tiers: list[str] = Field(sa_type=TEXTS)
    senior_roles: list[str] = Field(sa_type=TEXTS)
    every_days: int
    version: int
    updated_at: datetime = Field(sa_type=MOMENT)
    updated_by: UUID
