"""What was found of each customer's data, and the sums of it."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sight import narrow

revision = "0019"
down_revision = "0018"

_MOMENT = sa.DateTime(timezone=True)
_FOUND = (
    *("reach_missing", "region_missing", "address_missing", "industry_missing", "size_missing"),
    *("tax_number_missing", "birthday_missing", "channel_missing", "owner_missing", "contact_missing"),
    *("decider_missing", "identity_missing", "name_invalid", "phone_invalid", "email_invalid"),
    *("tax_number_invalid", "region_invalid", "region_contradicted", "address_invalid", "industry_invalid"),
    *("size_invalid", "record_stale", "phone_stale"),
)
_WHOSE = ("distributor_id", "owner_id", "org_unit_id")


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
    op.create_index("customer_quality_by_score", "customer_quality", ["score", "customer_id"])
    for column in ("channel", *_WHOSE):
        _index(f"by_{column}", column, "score", "customer_id", where=f"{column} IS NOT NULL")
    _index("fresh", "touched_at", where="NOT record_stale")
    for code in _FOUND:
        _index(code, "score", where=code)
    for dimension in ("invalid", "stale"):
        _index(dimension, "score", where=f"{dimension} > 0")
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


def _index(name: str, *columns: str, where: str) -> None:
    op.create_index(
        f"customer_quality_{name}", "customer_quality", list(columns), postgresql_where=sa.text(where)
    )
