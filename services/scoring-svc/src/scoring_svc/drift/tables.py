"""What was measured of drift, what of it was alarming, and scores kept until it is known what came of it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, Float, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class DriftReport(Base, table=True):
    """One look at a model; `level` is that of its worst measure."""

    __tablename__ = "model_drift"
    __table_args__ = (
        CheckConstraint("level IN ('calm', 'warn', 'alarm')", name="model_drift_level_known"),
        Index("model_drift_of_model", "model_id", "made_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    model_id: UUID
    level: str = Field(sa_type=Text)
    figures: dict[str, Any] = Field(sa_type=JSONB)
    made_at: datetime = Field(sa_type=MOMENT)


class DriftAlarm(Base, table=True):
    """A measure beyond its bound; a model has at most one of each that is not cleared."""

    __tablename__ = "model_alarm"
    __table_args__ = (
        CheckConstraint("level IN ('warn', 'alarm')", name="model_alarm_level_known"),
        CheckConstraint("state IN ('open', 'acknowledged', 'cleared')", name="model_alarm_state_known"),
        Index(
            "model_alarm_one", "model_id", "measure", unique=True, postgresql_where=text("state <> 'cleared'")
        ),
        Index("model_alarm_by_age", "opened_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    model_id: UUID
    measure: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    figure: float = Field(sa_type=Float)
    bound: float = Field(sa_type=Float)
    state: str = Field(sa_type=Text)
    opened_at: datetime = Field(sa_type=MOMENT)
    seen_at: datetime = Field(sa_type=MOMENT)
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None = Field(sa_type=MOMENT)
    cleared_at: datetime | None = Field(sa_type=MOMENT)
    version: int


class ScoreSnapshot(Base, table=True):
    """What was said of a customer of the week's sample; `orders` is null until the horizon has closed."""

    __tablename__ = "score_snapshot"
    __table_args__ = (
        Index("score_snapshot_maturing", "matures_at", postgresql_where=text("orders IS NULL")),
        Index("score_snapshot_by_age", "taken_on"),
    )

    customer_id: UUID = Field(primary_key=True)
    taken_on: date = Field(primary_key=True, sa_type=Date)
    taken_at: datetime = Field(sa_type=MOMENT)
    matures_at: datetime = Field(sa_type=MOMENT)
    model_id: UUID
    horizon_weeks: float = Field(sa_type=Float)
    probability: float = Field(sa_type=Float)
    expected_orders: float = Field(sa_type=Float)
    orders: float | None = Field(sa_type=Float)
