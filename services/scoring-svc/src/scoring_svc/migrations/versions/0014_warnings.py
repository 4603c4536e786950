"""Courses of warnings and what came of them, stages with their causes, recommendations and capacities."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow, see_everything

revision = "0014"
down_revision = "0013"

_MOMENT = sa.DateTime(timezone=True)
_LIVE = ("waiting", "open", "acknowledged", "acting")
_MOVES = (
    ("waiting", "open"),
    *((status, "acknowledged") for status in ("waiting", "open", "acknowledged")),
    *((status, "acting") for status in _LIVE),
    *((status, status) for status in (*_LIVE, "closed")),
    *((status, "closed") for status in _LIVE),
)
_DRIVER = """
    (SELECT each->>'code' FROM jsonb_array_elements(reasons) each WHERE each->>'category' <> 'purchase' LIMIT 1)
"""


def upgrade() -> None:
    see_everything()
    _warnings()
    _filled_in()
    _courses()
    _stages()
    _rules()


def _warnings() -> None:
    for name, kind in {
        "horizon_weeks": sa.Float,
        "at_risk_minor": sa.BigInteger,
        "leading_reason": sa.Text,
        "due_at": _MOMENT,
        "action": sa.Text,
        "action_note": sa.Text,
        "acted_by": sa.Uuid,
        "acted_at": _MOMENT,
        "outcome_note": sa.Text,
        "outcome_by": sa.Uuid,
        "seen": sa.Text,
        "seen_at": _MOMENT,
        "raised_at": _MOMENT,
    }.items():
        op.add_column("churn_warning", sa.Column(name, kind))
    op.drop_constraint("churn_warning_status_known", "churn_warning")
    op.create_check_constraint(
        "churn_warning_status_known",
        "churn_warning",
        "status IN ('waiting', 'open', 'acknowledged', 'acting', 'closed')",
    )
    op.create_check_constraint(
        "churn_warning_waits_unraised", "churn_warning", "(status = 'waiting') <= (raised_at IS NULL)"
    )
    op.create_check_constraint("churn_warning_seen_known", "churn_warning", "seen IN ('ordered', 'silent')")


def _filled_in() -> None:
    """What is known of warnings from before; a person's outcome is one that the system never gave."""
    op.execute(
        f"""
        UPDATE churn_warning SET horizon_weeks = 13, raised_at = opened_at, due_at = opened_at + interval '7 days',
            at_risk_minor = round(probability * greatest(contributed_52_minor, 0)),
            leading_reason = coalesce({_DRIVER}, reasons->0->>'code'),
            outcome_by = CASE WHEN outcome IN ('retained', 'unreachable') THEN acknowledged_by END
        """
    )
    for name in ("horizon_weeks", "at_risk_minor", "due_at"):
        op.alter_column("churn_warning", name, nullable=False)
    op.create_index("churn_warning_by_risk", "churn_warning", ["at_risk_minor", "id"])
    op.create_index("churn_warning_by_due", "churn_warning", ["due_at", "id"])
    op.create_index(
        "churn_warning_waiting",
        "churn_warning",
        ["owner_id", "at_risk_minor", "id"],
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        "churn_warning_unseen", "churn_warning", ["opened_at", "id"], postgresql_where=sa.text("seen IS NULL")
    )


def _courses() -> None:
    op.create_table(
        "churn_warning_step",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "warning_id", sa.Uuid, sa.ForeignKey("churn_warning.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("from_status", sa.Text),
        sa.Column("to_status", sa.Text, nullable=False),
        sa.Column("details", postgresql.JSONB, nullable=False),
        sa.Column("done_by", sa.Uuid),
        sa.Column("done_at", _MOMENT, nullable=False),
    )
    op.create_index("churn_warning_step_of_warning", "churn_warning_step", ["warning_id", "done_at", "id"])
    narrow("churn_warning_step", distributor=None, through="churn_warning", by="warning_id")
    pairs = ", ".join(f"('{source}', '{target}')" for source, target in _MOVES)
    op.execute(
        f"""
        CREATE FUNCTION churn_warning_status_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.status, NEW.status) NOT IN ({pairs}) THEN
                RAISE EXCEPTION 'a warning cannot go from % to %', OLD.status, NEW.status
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'churn_warning_status_moves';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER churn_warning_status_moves BEFORE UPDATE OF status ON churn_warning "
        "FOR EACH ROW EXECUTE FUNCTION churn_warning_status_moves()"
    )


def _stages() -> None:
    op.create_table(
        "stage_history",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("from_stage", sa.Text),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("basis", postgresql.JSONB, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False),
    )
    op.create_index("stage_history_of_customer", "stage_history", ["customer_id", "decided_at", "id"])
    op.create_index(
        "stage_history_open",
        "stage_history",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index("stage_history_of_stage", "stage_history", ["stage", "since"])
    _stages_so_far()
    op.create_table(
        "loss_declaration",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("declared_by", sa.Uuid, nullable=False),
        sa.Column("declared_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ended_by", sa.Uuid),
    )
    op.create_index("loss_declaration_of_customer", "loss_declaration", ["customer_id", "declared_at", "id"])
    op.create_index(
        "loss_declaration_one",
        "loss_declaration",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    for table in ("stage_history", "loss_declaration"):
        narrow(table, distributor=None, through="customer_ref")


def _stages_so_far() -> None:
    """What the history of scores tells: a stage lasts until the score in which another one stands."""
    op.execute(
        """
        INSERT INTO stage_history
            (id, customer_id, stage, from_stage, cause, since, until, basis, decided_at)
        SELECT id, customer_id, lifecycle_stage, before, stage_cause, (scored_at AT TIME ZONE 'UTC')::date,
            (lead(scored_at) OVER course AT TIME ZONE 'UTC')::date, '{}', scored_at
        FROM (
            SELECT *, lag(lifecycle_stage) OVER (PARTITION BY customer_id ORDER BY scored_at, id) AS before
            FROM score_history
        ) AS step
        WHERE before IS DISTINCT FROM lifecycle_stage
        WINDOW course AS (PARTITION BY customer_id ORDER BY scored_at, id)
        """
    )


def _rules() -> None:
    op.create_table(
        "recommended_action",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text),
        sa.Column("category", sa.Text),
        sa.Column("tier", sa.Text),
        sa.Column("stage", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("text_en", sa.Text, nullable=False),
        sa.Column("text_zh", sa.Text, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.CheckConstraint("reason IS NULL OR category IS NULL", name="recommended_action_one_cause"),
        sa.CheckConstraint("version >= 1", name="recommended_action_version"),
    )
    op.create_table(
        "warning_capacity",
        sa.Column("single", sa.Boolean, primary_key=True),
        sa.Column("most", sa.Integer),
        sa.Column("owners", postgresql.JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("updated_by", sa.Uuid, nullable=False),
        sa.CheckConstraint("single", name="warning_capacity_single"),
        sa.CheckConstraint("most BETWEEN 0 AND 10000", name="warning_capacity_most"),
    )
