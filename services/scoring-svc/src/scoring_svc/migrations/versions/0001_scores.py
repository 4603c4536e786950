"""Facts, models, policies, scores, warnings and runs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import v1
from shared.migrations.row_security import secure

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create every table of the first version."""
    v1.upgrade()
    _churn_warning()
    _complaint_fact()
    _contact_fact()
    _customer_due()
    _model()
    _order_fact()
    _score()
    _score_history()
    _scoring_run()
    _tier_policy()
    secure("score", "score_history", "churn_warning")


def _churn_warning() -> None:
    op.create_table(
        "churn_warning",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("expected_value_minor", sa.BigInteger(), nullable=False),
        sa.Column("contributed_52_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("recommended_action", postgresql.JSONB(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'closed') = (outcome IS NOT NULL)", name="churn_warning_closed_with_outcome"
        ),
        sa.CheckConstraint("status IN ('open', 'acknowledged', 'closed')", name="churn_warning_status_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "churn_warning_by_contribution", "churn_warning", ["contributed_52_minor", "id"], unique=False
    )
    op.create_index("churn_warning_by_age", "churn_warning", ["opened_at", "id"], unique=False)
    op.create_index("churn_warning_of_owner", "churn_warning", ["owner_id", "opened_at", "id"], unique=False)
    op.create_index(
        "churn_warning_one",
        "churn_warning",
        ["customer_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'closed'"),
    )


def _complaint_fact() -> None:
    op.create_table(
        "complaint_fact",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("resolved_at", _MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("complaint_id"),
    )
    op.create_index(
        "complaint_fact_of_customer", "complaint_fact", ["customer_id", "opened_at"], unique=False
    )


def _contact_fact() -> None:
    op.create_table(
        "contact_fact",
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", _MOMENT, nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("interaction_id"),
    )
    op.create_index("contact_fact_of_customer", "contact_fact", ["customer_id", "occurred_at"], unique=False)


def _customer_due() -> None:
    op.create_table(
        "customer_due",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    op.create_index("customer_due_at", "customer_due", ["due_at"], unique=False)


def _model() -> None:
    op.create_table(
        "model",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("as_of", _MOMENT, nullable=False),
        sa.Column("horizon_weeks", sa.Float(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("grids", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("retired_at", _MOMENT, nullable=True),
        sa.CheckConstraint("status IN ('champion', 'retired')", name="model_status_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("model_by_age", "model", ["created_at", "id"], unique=False)
    op.create_index(
        "model_one_champion",
        "model",
        ["status"],
        unique=True,
        postgresql_where=sa.text("status = 'champion'"),
    )


def _order_fact() -> None:
    op.create_table(
        "order_fact",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("ordered_at", _MOMENT, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("is_return", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_index("order_fact_of_customer", "order_fact", ["customer_id", "ordered_at"], unique=False)


def _score() -> None:
    op.create_table(
        "score",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("tier_since", sa.Date(), nullable=False),
        sa.Column("contribution", sa.Float(), nullable=False),
        sa.Column("potential", sa.Float(), nullable=False),
        sa.Column("negative_value", sa.Boolean(), nullable=False),
        sa.Column("lifecycle_stage", sa.Text(), nullable=False),
        sa.Column("stage_since", sa.Date(), nullable=False),
        sa.Column("stage_cause", sa.Text(), nullable=False),
        sa.Column("p_alive", sa.Float(), nullable=True),
        sa.Column("expected_purchases", sa.Float(), nullable=False),
        sa.Column("expected_value_minor", sa.BigInteger(), nullable=False),
        sa.Column("value_52_minor", sa.BigInteger(), nullable=False),
        sa.Column("contributed_52_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("horizon_weeks", sa.Float(), nullable=False),
        sa.Column("churn_probability", sa.Float(), nullable=True),
        sa.Column("churn_rank", sa.Float(), nullable=False),
        sa.Column("churn_level", sa.Text(), nullable=False),
        sa.Column("churn", postgresql.JSONB(), nullable=False),
        sa.Column("features", postgresql.JSONB(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("scored_at", _MOMENT, nullable=False),
        sa.Column("next_review_at", _MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    op.create_index("score_by_contribution", "score", ["contributed_52_minor", "customer_id"], unique=False)
    op.create_index("score_by_age", "score", ["scored_at", "customer_id"], unique=False)
    op.create_index("score_to_review", "score", ["next_review_at"], unique=False)
    op.create_index("score_by_risk", "score", ["churn_rank", "customer_id"], unique=False)
    op.create_index("score_by_value", "score", ["expected_value_minor", "customer_id"], unique=False)
    op.create_index(
        "score_of_distributor",
        "score",
        ["distributor_id", "expected_value_minor", "customer_id"],
        unique=False,
    )
    op.create_index(
        "score_of_owner", "score", ["owner_id", "expected_value_minor", "customer_id"], unique=False
    )
    op.create_index(
        "score_of_stage", "score", ["lifecycle_stage", "expected_value_minor", "customer_id"], unique=False
    )
    op.create_index("score_of_tier", "score", ["tier", "expected_value_minor", "customer_id"], unique=False)


def _score_history() -> None:
    op.create_table(
        "score_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("distributor_id", sa.Uuid(), nullable=True),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("lifecycle_stage", sa.Text(), nullable=False),
        sa.Column("stage_cause", sa.Text(), nullable=False),
        sa.Column("churn_level", sa.Text(), nullable=False),
        sa.Column("churn_probability", sa.Float(), nullable=True),
        sa.Column("expected_value_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("scored_at", _MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "score_history_of_customer", "score_history", ["customer_id", "scored_at", "id"], unique=False
    )


def _scoring_run() -> None:
    op.create_table(
        "scoring_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("learnt", sa.Boolean(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("scored", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=False),
        sa.CheckConstraint("cause IN ('bulk', 'daily', 'request')", name="scoring_run_cause_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("scoring_run_by_age", "scoring_run", ["started_at", "id"], unique=False)


def _tier_policy() -> None:
    op.create_table(
        "tier_policy",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("published_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
