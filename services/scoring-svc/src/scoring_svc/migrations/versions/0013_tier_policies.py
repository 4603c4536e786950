"""Policies that are tried before they are published, the grids of each, and tiers given by people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.belonging import belong_to_customers
from shared.migrations.merging import join_roots
from shared.migrations.sight import narrow, see_everything

revision = "0013"
down_revision = "0012"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    see_everything()
    _policies()
    _grids()
    _changes()
    _overrides()
    _simulations()
    _placements()
    op.add_column("score", sa.Column("rule_tier", sa.Text))
    op.add_column("score", sa.Column("rule_tier_since", sa.Date))


def _policies() -> None:
    for column in (
        sa.Column("id", sa.Uuid, nullable=False, server_default=sa.text("gen_random_uuid()")),
        sa.Column("status", sa.Text, nullable=False, server_default="retired"),
        sa.Column("note", sa.Text),
        sa.Column("author", sa.Uuid),
        sa.Column("approved_by", sa.Uuid),
        sa.Column("effective_from", _MOMENT),
        sa.Column("copy_of", sa.Integer),
        sa.Column("simulation_id", sa.Uuid),
        sa.Column("tolerance", sa.Float),
        sa.Column("refusal", postgresql.JSONB),
        sa.Column("created_at", _MOMENT),
        sa.Column("retired_at", _MOMENT),
        sa.Column("applied_at", _MOMENT),
        sa.Column("applied_through", sa.Uuid),
        sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    ):
        op.add_column("tier_policy", column)
    op.execute(
        "UPDATE tier_policy SET created_at = published_at, applied_at = published_at, effective_from = "
        "published_at, status = CASE WHEN version = (SELECT max(version) FROM tier_policy) "
        "THEN 'published' ELSE 'retired' END"
    )
    op.alter_column("tier_policy", "created_at", nullable=False)
    op.alter_column("tier_policy", "published_at", nullable=True)
    for name in ("id", "status", "revision"):
        op.alter_column("tier_policy", name, server_default=None)
    op.create_check_constraint(
        "tier_policy_status_known",
        "tier_policy",
        "status IN ('draft', 'scheduled', 'published', 'retired')",
    )
    op.create_check_constraint(
        "tier_policy_published_since",
        "tier_policy",
        "(status IN ('published', 'retired')) = (published_at IS NOT NULL)",
    )
    op.create_index("tier_policy_of_id", "tier_policy", ["id"], unique=True)
    op.create_index("tier_policy_by_version", "tier_policy", ["version", "id"])
    op.create_index(
        "tier_policy_one_published",
        "tier_policy",
        ["status"],
        unique=True,
        postgresql_where=sa.text("status = 'published'"),
    )


def _grids() -> None:
    """Grids leave the models, whose they were under the one policy that there was."""
    op.create_table(
        "tier_grids",
        sa.Column("model_id", sa.Uuid, primary_key=True),
        sa.Column("policy_version", sa.Integer, primary_key=True),
        sa.Column("grids", postgresql.JSONB, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.execute(
        "INSERT INTO tier_grids SELECT model.id, version, grids, model.created_at FROM model "
        "JOIN tier_policy ON tier_policy.status = 'published'"
    )
    op.drop_column("model", "grids")


def _changes() -> None:
    op.create_table(
        "customer_change",
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        sa.Column("changed_in", sa.BigInteger, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
    )
    narrow("customer_change", distributor=None, through="customer_ref")


def _overrides() -> None:
    op.create_table(
        "tier_override",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("tier", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ended_by", sa.Uuid),
        sa.Column("end_cause", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("tier IN ('core', 'important', 'ordinary')", name="tier_override_tier_known"),
        sa.CheckConstraint("expires_at > created_at", name="tier_override_lasts"),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_cause IS NULL)", name="tier_override_ended_with_cause"
        ),
    )
    op.create_index(
        "tier_override_one",
        "tier_override",
        [sa.text("COALESCE(origin_id, customer_id)")],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("tier_override_of_customer", "tier_override", ["customer_id"])
    op.create_index("tier_override_by_age", "tier_override", ["created_at", "id"])
    op.create_index("tier_override_by_end", "tier_override", ["expires_at", "id"])
    op.create_index(
        "tier_override_of_origin",
        "tier_override",
        ["origin_id"],
        postgresql_where=sa.text("origin_id IS NOT NULL"),
    )
    narrow("tier_override", through="customer_ref")
    join_roots("customer_ref")
    belong_to_customers("tier_override")


def _simulations() -> None:
    op.create_table(
        "tier_simulation",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("policy_version", sa.Integer, nullable=False),
        sa.Column("document", postgresql.JSONB, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("base_version", sa.Integer, nullable=False),
        sa.Column("operation_id", sa.Uuid),
        sa.Column("created_by", sa.Uuid),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("model_id", sa.Uuid),
        sa.Column("snapshot", sa.Text),
        sa.Column("taken_at", _MOMENT),
        sa.Column("inputs_digest", sa.Text),
        sa.Column("customers", sa.Integer),
        sa.Column("currency", sa.Text),
        sa.Column("summary", postgresql.JSONB),
        sa.Column("grids", postgresql.JSONB),
        sa.Column("finished_at", _MOMENT),
    )
    op.create_index(
        "tier_simulation_of_policy", "tier_simulation", ["policy_version", "created_at", "id"]
    )
    op.create_index("tier_simulation_by_age", "tier_simulation", ["created_at", "id"])


def _placements() -> None:
    op.create_table(
        "tier_placement",
        sa.Column("simulation_id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        sa.Column("owner_id", sa.Uuid),
        sa.Column("segment", sa.Text, nullable=False),
        sa.Column("from_tier", sa.Text),
        sa.Column("from_rule_tier", sa.Text),
        sa.Column("from_since", sa.Date),
        sa.Column("from_contribution", sa.Float),
        sa.Column("from_potential", sa.Float),
        sa.Column("from_negative", sa.Boolean),
        sa.Column("to_tier", sa.Text, nullable=False),
        sa.Column("rule_tier", sa.Text, nullable=False),
        sa.Column("contribution", sa.Float, nullable=False),
        sa.Column("potential", sa.Float, nullable=False),
        sa.Column("relationship", sa.Float),
        sa.Column("negative_value", sa.Boolean, nullable=False),
        sa.Column("contributed_52_minor", sa.BigInteger, nullable=False),
        sa.Column("value_52_minor", sa.BigInteger, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("causes", sa.SmallInteger, nullable=False),
        sa.Column("moved", sa.SmallInteger, nullable=False),
    )
    op.create_index(
        "tier_placement_moved",
        "tier_placement",
        ["simulation_id", "contributed_52_minor", "customer_id"],
        postgresql_where=sa.text("moved <> 0"),
    )
    narrow("tier_placement", distributor=None, through="customer_ref")
