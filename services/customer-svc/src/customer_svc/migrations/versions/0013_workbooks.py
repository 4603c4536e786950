"""Imports from workbooks: which sheet, and which encoding the sender says."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for name in ("sheet", "wanted_encoding"):
        op.add_column("data_import", sa.Column(name, sa.String, nullable=True))
