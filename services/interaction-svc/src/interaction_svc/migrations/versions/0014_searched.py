"""Interactions and complaints are found by what is written in them.

The pieces need the data key, so the rows that are there are read by a worker (jobs `interactions.search` and
`complaints.search`).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    for table in ("interaction", "complaint"):
        op.add_column(table, sa.Column("words", sa.Text))
        op.create_index(f"{table}_unread", table, ["id"], postgresql_where=sa.text("words IS NULL"))
        op.create_table(
            f"{table}_piece",
            sa.Column(
                "record_id", sa.Uuid, sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), primary_key=True
            ),
            sa.Column("pieces", postgresql.ARRAY(sa.Integer), nullable=False),
        )
        op.create_index(
            f"{table}_piece_pieces",
            f"{table}_piece",
            ["pieces"],
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 512},
        )
        op.execute(f"ALTER TABLE {table}_piece ALTER pieces SET STATISTICS 1000")
