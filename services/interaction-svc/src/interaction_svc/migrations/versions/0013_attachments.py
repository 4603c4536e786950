"""Files of customers, what refers to them, and the objects that hold their bytes."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.belonging import belong_to_customers
from shared.migrations.sight import narrow

revision = "0013"
down_revision = "0012"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "stored_object",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('coming', 'there', 'going')", name="stored_object_state"),
    )
    op.create_index(
        "stored_object_passing", "stored_object", ["since"], postgresql_where=sa.text("state <> 'there'")
    )
    _attachments()
    op.create_table(
        "attachment_use",
        sa.Column("holder_id", sa.Uuid, primary_key=True),
        sa.Column("attachment_id", sa.Uuid, sa.ForeignKey("attachment.id"), primary_key=True),
    )
    op.create_index("attachment_use_of_attachment", "attachment_use", ["attachment_id"])
    narrow("attachment", through="customer_ref")
    narrow("attachment_use", distributor=None, through="attachment", by="attachment_id")
    belong_to_customers("attachment")


def _attachments() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid, sa.ForeignKey("stored_object.id"), primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("unused_since", _MOMENT),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.CheckConstraint("size > 0", name="attachment_size"),
    )
    op.create_index("attachment_of_customer", "attachment", ["customer_id"])
    op.create_index("attachment_of_distributor", "attachment", ["distributor_id"])
    for name, column in (("attachment_of_origin", "origin_id"), ("attachment_unused", "unused_since")):
        op.create_index(
            name, "attachment", [column], postgresql_where=sa.text(f"{column} IS NOT NULL")
        )
