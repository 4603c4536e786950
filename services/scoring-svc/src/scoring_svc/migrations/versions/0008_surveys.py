"""What customers answered to surveys."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sight import narrow

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "survey_fact",
        sa.Column("response_id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Float, nullable=False),
    )
    op.create_index("survey_fact_of_customer", "survey_fact", ["customer_id", "answered_at"])
    narrow("survey_fact", distributor=None, through="customer_ref")
