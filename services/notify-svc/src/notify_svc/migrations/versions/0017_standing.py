"""Where customers stand: what scoring says of them, and the facts that count."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.belonging import belong_to_customers
from shared.migrations.sight import narrow

revision = "0017"
down_revision = "0015"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _standing()
    _facts()
    for table in ("standing", "standing_fact"):
        op.create_index(
            f"{table}_of_origin", table, ["origin_id"], postgresql_where=sa.text("origin_id IS NOT NULL")
        )
        narrow(table, through="customer_ref")
    belong_to_customers("standing", "standing_fact")


def _standing() -> None:
    op.create_table(
        "standing",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("tier", sa.Text),
        sa.Column("tier_since", _MOMENT),
        sa.Column("tier_version", sa.BigInteger, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("stage_since", _MOMENT),
        sa.Column("stage_version", sa.BigInteger, nullable=False),
        sa.Column("churn_level", sa.Text),
        sa.Column("churn_from", sa.Text),
        sa.Column("churn_since", _MOMENT),
        sa.Column("churn_version", sa.BigInteger, nullable=False),
        sa.Column("score_version", sa.BigInteger, nullable=False),
    )
    op.create_index("standing_of_customer", "standing", ["customer_id"])
    op.create_index("standing_by_tier", "standing", ["tier", "id"])


def _facts() -> None:
    op.create_table(
        "standing_fact",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("holds", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint(
            "kind IN ('order', 'contact', 'complaint', 'objection')", name="standing_fact_kind"
        ),
    )
    op.create_index(
        "standing_fact_of_customer",
        "standing_fact",
        ["customer_id", "kind", "at"],
        postgresql_where=sa.text("holds"),
    )
    op.create_index(
        "standing_fact_kept_by", "standing_fact", ["customer_id"], postgresql_where=sa.text("NOT holds")
    )
