"""Who is in the archive twice: keys to compare by, pairs to decide, and how often somebody was told of one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow, set_apart

revision = "0022"
down_revision = "0021"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Without keys until a worker has made the pieces anew (job customers.indexing).
    op.add_column(
        "customer_piece",
        sa.Column("keys", postgresql.ARRAY(sa.BigInteger), nullable=False, server_default="{}"),
    )
    op.alter_column("customer_piece", "keys", server_default=None)
    op.create_index(
        "customer_piece_keys",
        "customer_piece",
        ["keys"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},  # every create asks it, and would read what is pending
    )
    _candidates()
    op.create_table(
        "duplicate_disclosure",
        sa.Column("principal_id", sa.Uuid, primary_key=True),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
    )
    set_apart("duplicate_disclosure")


def _candidates() -> None:
    op.create_table(
        "duplicate_candidate",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("first_id", sa.Uuid, nullable=False),
        sa.Column("second_id", sa.Uuid, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("level", sa.String, nullable=False),
        sa.Column("features", postgresql.JSONB, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("decided_by", sa.Uuid, nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("review_at", _MOMENT, nullable=True),
        sa.Column("found_at", _MOMENT, nullable=False),
        sa.Column("checked_at", _MOMENT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("first_id < second_id", name="duplicate_candidate_order"),
        sa.CheckConstraint("level in ('likely', 'possible')", name="duplicate_candidate_level"),
        sa.CheckConstraint(
            "status in ('open', 'later', 'distinct', 'merged')", name="duplicate_candidate_status"
        ),
    )
    op.create_index("duplicate_candidate_pair", "duplicate_candidate", ["first_id", "second_id"], unique=True)
    op.create_index("duplicate_candidate_of_second", "duplicate_candidate", ["second_id"])
    op.create_index("duplicate_candidate_by_score", "duplicate_candidate", ["score", "id"])
    op.create_index("duplicate_candidate_by_found", "duplicate_candidate", ["found_at", "id"])
    narrow("duplicate_candidate", distributor=None, through="customer", by=("first_id", "second_id"))
