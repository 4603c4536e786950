"""Refused rows of imports, as they were sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("data_import", sa.Column("header", postgresql.JSONB, nullable=True))
    op.add_column("data_import", sa.Column("kept", sa.Integer, nullable=False, server_default="0"))
    op.alter_column("data_import", "kept", server_default=None)
    op.create_table(
        "import_refused_row",
        sa.Column(
            "import_id", sa.Uuid, sa.ForeignKey("data_import.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("line", sa.BigInteger, primary_key=True),
        sa.Column("cells", postgresql.JSONB, nullable=False),
    )
    narrow("import_refused_row", distributor=None, through="data_import", by="import_id")
