"""Models as versioned documents, and how they came to speak."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from scoring_svc.tables import MOMENT, Base


class Model(Base, table=True):
    """A model as it was learnt on what was known at `as_of`; at most one is the champion.

    `document` never changes. `row_hash` and `row_counts` are of what it was
    learnt from, `code_hash` of the numerics, `feature_hash` of the inputs; null of models from before they
    were noted. `gate` is the verdict on whether it may speak by itself. `replaced_id` is the champion that it
    followed.
    """

    __tablename__ = "model"
    __table_args__ = (
        CheckConstraint("status IN ('shadow', 'champion', 'retired')", name="model_status_known"),
        Index("model_one_champion", "status", unique=True, postgresql_where=text("status = 'champion'")),
        Index("model_by_age", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    basis: str = Field(sa_type=Text)
    as_of: datetime = Field(sa_type=MOMENT)
    horizon_weeks: float = Field(sa_type=Float)
    currency: str = Field(sa_type=Text)
    customers: int
    orders: int
    document: dict[str, Any] = Field(sa_type=JSONB)
    row_hash: str | None = Field(None, sa_type=Text)
    row_counts: dict[str, Any] | None = Field(None, sa_type=JSONB)
    code_version: str | None = Field(None, sa_type=Text)
    code_hash: str | None = Field(None, sa_type=Text)
    feature_hash: str | None = Field(None, sa_type=Text)
    metrics: dict[str, Any] = Field(sa_type=JSONB)
    gate: dict[str, Any] | None = Field(None, sa_type=JSONB)
    cause: str | None = Field(None, sa_type=Text)
    approved_by: UUID | None = None
    replaced_id: UUID | None = None
    created_at: datetime = Field(sa_type=MOMENT)
    promoted_at: datetime | None = Field(None, sa_type=MOMENT)
    retired_at: datetime | None = Field(None, sa_type=MOMENT)
    version: int


class ModelMove(Base, table=True):
    """The pointer to the champion moved; `moved_by` is null where the gate let it move by itself."""

    __tablename__ = "model_move"
    __table_args__ = (
        CheckConstraint("action IN ('promoted', 'rolled_back')", name="model_move_action_known"),
        Index("model_move_of_model", "model_id", "moved_at"),
    )

    id: UUID = Field(primary_key=True)
    model_id: UUID
    from_id: UUID | None
    action: str = Field(sa_type=Text)
    moved_by: UUID | None
    note: str | None = Field(sa_type=Text)
    moved_at: datetime = Field(sa_type=MOMENT)
