"""Models in the shadow and how they came to speak, drift, decisions that can be recomputed, and objections."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow, set_apart

revision = "0016"
down_revision = "0015"

_MOMENT = sa.DateTime(timezone=True)
_JSON = postgresql.JSONB()


def upgrade() -> None:
    _models()
    _moves()
    _drift()
    _alarms()
    _snapshots()
    _decisions()
    _objections()
    op.add_column("score", sa.Column("automatic", sa.Boolean, nullable=False, server_default=sa.true()))
    op.alter_column("score", "automatic", server_default=None)
    op.drop_constraint("scoring_run_cause_known", "scoring_run")
    op.create_check_constraint(
        "scoring_run_cause_known", "scoring_run", "cause IN ('bulk', 'daily', 'request', 'promotion')"
    )


def _models() -> None:
    op.drop_constraint("model_status_known", "model")
    op.create_check_constraint(
        "model_status_known", "model", "status IN ('shadow', 'champion', 'retired')"
    )
    for name in ("row_hash", "code_version", "code_hash", "feature_hash", "cause"):
        op.add_column("model", sa.Column(name, sa.Text))
    for name in ("row_counts", "gate"):
        op.add_column("model", sa.Column(name, _JSON))
    op.add_column("model", sa.Column("approved_by", sa.Uuid))
    op.add_column("model", sa.Column("replaced_id", sa.Uuid))
    op.add_column("model", sa.Column("promoted_at", _MOMENT))
    op.add_column("model", sa.Column("kind", sa.Text, nullable=False, server_default="scoring"))
    op.add_column("model", sa.Column("metrics", _JSON, nullable=False, server_default="{}"))
    op.add_column("model", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.execute("UPDATE model SET promoted_at = created_at")
    for name in ("kind", "metrics", "version"):
        op.alter_column("model", name, server_default=None)


def _moves() -> None:
    op.create_table(
        "model_move",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("model_id", sa.Uuid, nullable=False),
        sa.Column("from_id", sa.Uuid),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("moved_by", sa.Uuid),
        sa.Column("note", sa.Text),
        sa.Column("moved_at", _MOMENT, nullable=False),
        sa.CheckConstraint("action IN ('promoted', 'rolled_back')", name="model_move_action_known"),
    )
    op.create_index("model_move_of_model", "model_move", ["model_id", "moved_at"])


def _drift() -> None:
    op.create_table(
        "model_drift",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("model_id", sa.Uuid, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("figures", _JSON, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.CheckConstraint("level IN ('calm', 'warn', 'alarm')", name="model_drift_level_known"),
    )
    op.create_index("model_drift_of_model", "model_drift", ["model_id", "made_at", "id"])


def _alarms() -> None:
    op.create_table(
        "model_alarm",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("model_id", sa.Uuid, nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("figure", sa.Float, nullable=False),
        sa.Column("bound", sa.Float, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("acknowledged_by", sa.Uuid),
        sa.Column("acknowledged_at", _MOMENT),
        sa.Column("cleared_at", _MOMENT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("level IN ('warn', 'alarm')", name="model_alarm_level_known"),
        sa.CheckConstraint(
            "state IN ('open', 'acknowledged', 'cleared')", name="model_alarm_state_known"
        ),
    )
    op.create_index(
        "model_alarm_one",
        "model_alarm",
        ["model_id", "measure"],
        unique=True,
        postgresql_where=sa.text("state <> 'cleared'"),
    )
    op.create_index("model_alarm_by_age", "model_alarm", ["opened_at", "id"])


def _snapshots() -> None:
    op.create_table(
        "score_snapshot",
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        sa.Column("taken_on", sa.Date, primary_key=True),
        sa.Column("taken_at", _MOMENT, nullable=False),
        sa.Column("matures_at", _MOMENT, nullable=False),
        sa.Column("model_id", sa.Uuid, nullable=False),
        sa.Column("horizon_weeks", sa.Float, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("expected_orders", sa.Float, nullable=False),
        sa.Column("orders", sa.Float),
    )
    op.create_index(
        "score_snapshot_maturing",
        "score_snapshot",
        ["matures_at"],
        postgresql_where=sa.text("orders IS NULL"),
    )
    op.create_index("score_snapshot_by_age", "score_snapshot", ["taken_on"])
    set_apart("score_snapshot")


def _decisions() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("warning_id", sa.Uuid),
        sa.Column("decided", _JSON, nullable=False),
        sa.Column("inputs", _JSON, nullable=False),
        sa.Column("reasons", _JSON, nullable=False),
        sa.Column("policy_version", sa.Integer, nullable=False),
        sa.Column("policy_digest", sa.Text, nullable=False),
        sa.Column("model_id", sa.Uuid, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False),
        sa.Column("review", sa.Text),
        sa.Column("reviewed_by", sa.Uuid),
        sa.Column("reviewed_at", _MOMENT),
        sa.Column("review_note", sa.Text),
        sa.Column("follow_up", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("kind IN ('tier', 'warning')", name="decision_kind_known"),
        sa.CheckConstraint("review IN ('upheld', 'overturned')", name="decision_review_known"),
    )
    op.create_index("decision_of_customer", "decision", ["customer_id", "decided_at", "id"])
    op.create_index("decision_by_age", "decision", ["decided_at", "id"])
    narrow("decision", distributor=None, through="customer_ref")


def _objections() -> None:
    op.create_table(
        "objection",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("withdrawn_by", sa.Uuid),
        sa.Column("withdrawn_at", _MOMENT),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("status IN ('standing', 'withdrawn')", name="objection_status_known"),
    )
    op.create_index("objection_by_age", "objection", ["made_at", "id"])
    op.create_index("objection_of_customer", "objection", ["customer_id"])
    op.create_index(
        "objection_one",
        "objection",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("status = 'standing'"),
    )
    narrow("objection", distributor=None, through="customer_ref")
