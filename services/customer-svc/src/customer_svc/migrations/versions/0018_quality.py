"""What was found of each customer's data, and the sums of it."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sight import narrow

revision = "0018"
down_revision = "0017"

_MOMENT = sa.DateTime(timezone=True)
_FOUND = (
    *("reach_missing", "region_missing", "address_missing", "industry_missing", "size_missing"),
    *("tax_number_missing", "birthday_missing", "channel_missing", "owner_missing", "contact_missing"),
    *("decider_missing", "identity_missing", "name_invalid", "phone_invalid", "email_invalid"),
    *("tax_number_invalid", "region_invalid", "region_contradicted", "address_invalid", "industry_invalid"),
    *("size_invalid", "record_stale", "phone_stale"),
)
_WHOSE = ("distributor_id", "owner_id", "org_unit_id")
_WORST_FIRST = ["score", "customer_id"]


def upgrade() -> None:
    op.create_table(
        "customer_quality",
        sa.Column(
            "customer_id", sa.Uuid, sa.ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True
        ),
        *(sa.Column(name, sa.Uuid, nullable=True) for name in _WHOSE),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=True),
        *(
            sa.Column(name, sa.SmallInteger, nullable=False)
            for name in ("rules", "score", "missing", "invalid", "stale")
        ),
        sa.Column("touched_at", _MOMENT, nullable=False),
        sa.Column("confirmed_at", _MOMENT, nullable=True),
        *(sa.Column(code, sa.Boolean, nullable=False) for code in _FOUND),
    )
    op.create_index("customer_quality_by_score", "customer_quality", _WORST_FIRST)
    for whose in ("channel", "distributor", "org_unit", "owner"):
        column = whose if whose == "channel" else f"{whose}_id"
        op.create_index(f"customer_quality_of_{whose}", "customer_quality", [column, *_WORST_FIRST])
    op.create_index(
        "customer_quality_fresh",
        "customer_quality",
        ["touched_at"],
        postgresql_where=sa.text("NOT record_stale"),
    )
    conditions = {code: code for code in _FOUND}
    conditions |= {dimension: f"{dimension} > 0" for dimension in ("missing", "invalid", "stale")}
    for name, condition in conditions.items():
        op.create_index(
            f"customer_quality_{name}", "customer_quality", _WORST_FIRST, postgresql_where=sa.text(condition)
        )
    op.create_table(
        "quality_figure",
        sa.Column("id", sa.Uuid, primary_key=True),
        *(sa.Column(name, sa.Uuid, nullable=True) for name in _WHOSE),
        sa.Column("channel", sa.String, nullable=True),
        sa.Column("customers", sa.Integer, nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("computed_at", _MOMENT, nullable=False),
        *(sa.Column(code, sa.Integer, nullable=False) for code in _FOUND),
    )
    for table in ("customer_quality", "quality_figure"):
        narrow(table, held=("owner_id", "org_unit_id"))
