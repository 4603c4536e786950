"""Forms by which customers complain themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.belonging import belong_to_customers
from shared.migrations.sight import narrow

revision = "0018"
down_revision = "0017"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "complaint_form",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title", postgresql.JSONB, nullable=False),
        sa.Column("intro", postgresql.JSONB),
        sa.Column("categories", postgresql.JSONB, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("changed_by", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name="complaint_form_status"),
        sa.CheckConstraint(
            "severity IN ('low', 'normal', 'high', 'critical')", name="complaint_form_severity"
        ),
    )
    op.create_index("complaint_form_by_name", "complaint_form", ["name", "id"])
    _links()
    op.create_table(
        "complaint_form_entry",
        sa.Column(
            "link_id",
            sa.Uuid,
            sa.ForeignKey("complaint_form_link.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("sheet", sa.Uuid, primary_key=True),
        sa.Column("complaint_id", sa.Uuid, sa.ForeignKey("complaint.id", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("ix_complaint_form_entry_complaint_id", "complaint_form_entry", ["complaint_id"])
    narrow("complaint_form_entry", distributor=None, through="complaint_form_link", by="link_id")


def _links() -> None:
    op.create_table(
        "complaint_form_link",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "form_id", sa.Uuid, sa.ForeignKey("complaint_form.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("language", sa.Text),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name="complaint_form_link_language"),
        sa.UniqueConstraint("token_hash", name="complaint_form_link_token"),
    )
    for name, columns in (
        ("complaint_form_link_of_form", ["form_id", "created_at", "id"]),
        ("complaint_form_link_of_customer", ["customer_id"]),
        ("complaint_form_link_of_distributor", ["distributor_id"]),
    ):
        op.create_index(name, "complaint_form_link", columns)
    op.create_index(
        "complaint_form_link_of_origin",
        "complaint_form_link",
        ["origin_id"],
        postgresql_where=sa.text("origin_id IS NOT NULL"),
    )
    narrow("complaint_form_link", through="customer_ref")
    belong_to_customers("complaint_form_link")
