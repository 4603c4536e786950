"""The rows of runs: facts that trigger, runs, their steps, and what other services are asked for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from notify_svc.tables import Base

_MOMENT = DateTime(timezone=True)


class TriggerFact(Base, table=True):
    """Something that can trigger, kept for forty days; `taken_at` is null until runs have heard of it."""

    __tablename__ = "trigger_fact"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", "number", name="trigger_fact_once"),
        Index("trigger_fact_waiting", "seq", postgresql_where=text("taken_at IS NULL")),
        Index("trigger_fact_by_kind", "kind", "at", "seq"),
        Index("trigger_fact_by_time", "at"),
        Index("trigger_fact_of_customer", "customer_id"),
        Index("trigger_fact_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, Identity(), nullable=False))
    kind: str = Field(sa_type=Text)
    subject_id: UUID = Field(sa_type=Uuid)
    number: int = Field(sa_type=BigInteger)
    customer_id: UUID = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    from_code: str | None = Field(sa_type=Text)
    to_code: str | None = Field(sa_type=Text)
    at: datetime = Field(sa_type=_MOMENT)
    taken_at: datetime | None = Field(sa_type=_MOMENT)


class PlaybookRun(Base, table=True):
    """One run. It stands before step `step`; `wake_at` is null while another service's answer is awaited.

    `entered_id` is who the customer was when it entered: one unfinished run each. `failures` counts tries
    of the next step that came to nothing.
    """

    __tablename__ = "playbook_run"
    __table_args__ = (
        ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name="playbook_run_of"),
        CheckConstraint("state IN ('running', 'paused', 'finished')", name="playbook_run_state"),
        CheckConstraint(
            "outcome IN ('goal_reached', 'completed', 'stopped', 'exited')", name="playbook_run_outcome"
        ),
        CheckConstraint(
            "(state = 'finished') = (outcome IS NOT NULL) AND (outcome IS NULL) = (finished_at IS NULL)",
            name="playbook_run_finished",
        ),
        Index(
            "playbook_run_once",
            "playbook_id",
            "entered_id",
            unique=True,
            postgresql_where=text("state <> 'finished'"),
        ),
        Index("playbook_run_due", "playbook_id", "wake_at", postgresql_where=text("state = 'running'")),
        Index("playbook_run_open", "playbook_id", "id", postgresql_where=text("state <> 'finished'")),
        Index("playbook_run_of_customer", "customer_id", "playbook_id"),
        Index("playbook_run_of_origin", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
        Index("playbook_run_by_start", "created_at", "id"),
        Index("playbook_run_of_playbook", "playbook_id", "created_at", "id"),
    )

    id: UUID = Field(sa_type=Uuid, primary_key=True)
    playbook_id: UUID = Field(sa_type=Uuid)
    number: int = Field(sa_type=Integer)
    customer_id: UUID = Field(sa_type=Uuid)
    origin_id: UUID | None = Field(sa_type=Uuid)
    entered_id: UUID = Field(sa_type=Uuid)
    distributor_id: UUID | None = Field(sa_type=Uuid)
    state: str = Field(sa_type=Text)
    outcome: str | None = Field(sa_type=Text)
    code: str | None = Field(sa_type=Text)
    step: int = Field(sa_type=Integer)
    wake_at: datetime | None = Field(sa_type=_MOMENT)
    failures: int = Field(sa_type=Integer)
    entered_at: datetime = Field(sa_type=_MOMENT)
    created_at: datetime = Field(sa_type=_MOMENT)
    updated_at: datetime = Field(sa_type=_MOMENT)
    finished_at: datetime | None = Field(sa_type=_MOMENT)
    changed_by: UUID | None = Field(sa_type=Uuid)
    version: int = Field(sa_type=BigInteger)


class PlaybookStep(Base, table=True):
    """One step of a run that was taken: once, whoever takes it and whatever dies."""

    __tablename__ = "playbook_step"
    __table_args__ = (
        ForeignKeyConstraint(["run_id"], ["playbook_run.id"], name="playbook_step_of", ondelete="CASCADE"),
        CheckConstraint("state IN ('done', 'skipped', 'waiting', 'failed')", name="playbook_step_state"),
    )

    run_id: UUID = Field(sa_type=Uuid, primary_key=True)
    step: int = Field(sa_type=Integer, primary_key=True)
    kind: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    code: str | None = Field(sa_type=Text)
    made_id: UUID | None = Field(sa_type=Uuid)
    until: datetime | None = Field(sa_type=_MOMENT)
    at: datetime = Field(sa_type=_MOMENT)


class PlaybookIntent(Base, table=True):
    """What another service is asked for; only who holds the newest `fence` writes what came of it."""

    __tablename__ = "playbook_intent"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "step"],
            ["playbook_step.run_id", "playbook_step.step"],
            name="playbook_intent_of",
            ondelete="CASCADE",
        ),
        CheckConstraint("state IN ('pending', 'leased', 'sent', 'failed')", name="playbook_intent_state"),
        CheckConstraint("(state = 'leased') = (leased_until IS NOT NULL)", name="playbook_intent_leased"),
        Index("playbook_intent_due", "due_at", postgresql_where=text("state = 'pending'")),
        Index("playbook_intent_held", "leased_until", postgresql_where=text("state = 'leased'")),
    )

    run_id: UUID = Field(sa_type=Uuid, primary_key=True)
    step: int = Field(sa_type=Integer, primary_key=True)
    kind: str = Field(sa_type=Text)
    said: dict[str, Any] = Field(sa_type=JSONB)
    state: str = Field(sa_type=Text)
    fence: int = Field(sa_type=BigInteger)
    leased_until: datetime | None = Field(sa_type=_MOMENT)
    attempts: int = Field(sa_type=Integer)
    due_at: datetime = Field(sa_type=_MOMENT)
    give_up_at: datetime = Field(sa_type=_MOMENT)
    if_refused: str = Field(sa_type=Text)
