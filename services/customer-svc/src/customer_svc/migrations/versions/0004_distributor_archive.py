"""What a distributor serves, the stages of becoming one, and the history of its fields."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.sight import narrow

revision = "0004"
down_revision = "0003"

_STAGES = "('applied', 'reviewing', 'contract', 'training', 'active', 'rejected', 'withdrawn')"
_MOVES = """
    ('applied', 'reviewing'), ('applied', 'rejected'), ('applied', 'withdrawn'),
    ('reviewing', 'applied'), ('reviewing', 'contract'), ('reviewing', 'rejected'), ('reviewing', 'withdrawn'),
    ('contract', 'training'), ('contract', 'rejected'), ('contract', 'withdrawn'),
    ('training', 'active'), ('training', 'withdrawn'),
    ('rejected', 'applied'), ('withdrawn', 'applied')
"""
_FITTING = """
    onboarding_stage = 'applied' and status in ('prospect')
    or onboarding_stage in ('reviewing', 'contract', 'training') and status in ('onboarding')
    or onboarding_stage = 'active' and status in ('active', 'suspended', 'ended')
    or onboarding_stage in ('rejected', 'withdrawn') and status in ('ended')
"""


def upgrade() -> None:
    _served()
    _stages()
    _moves()
    _history()


def _served() -> None:
    for name in ("territory", "product_lines"):
        kind = postgresql.ARRAY(sa.String)
        op.add_column("distributor", sa.Column(name, kind, nullable=False, server_default="{}"))
        op.alter_column("distributor", name, server_default=None)
        op.create_index(f"distributor_{name}", "distributor", [name], postgresql_using="gin")


def _stages() -> None:
    """Who was entered as a prospect or in onboarding begins there; everybody else is through."""
    op.add_column("distributor", sa.Column("onboarding_stage", sa.String, nullable=True))
    op.execute(
        """
        UPDATE distributor SET onboarding_stage = CASE status
            WHEN 'prospect' THEN 'applied' WHEN 'onboarding' THEN 'reviewing' ELSE 'active' END
        """
    )
    op.alter_column("distributor", "onboarding_stage", nullable=False)
    op.create_check_constraint("distributor_stage", "distributor", f"onboarding_stage in {_STAGES}")
    op.create_check_constraint("distributor_status_of_stage", "distributor", _FITTING)


def _moves() -> None:
    op.execute(
        f"""
        CREATE FUNCTION distributor_stage_moved() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.onboarding_stage, NEW.onboarding_stage) NOT IN ({_MOVES}) THEN
                RAISE EXCEPTION 'no onboarding step leads from % to %', OLD.onboarding_stage, NEW.onboarding_stage
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'distributor_stage_moved';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER distributor_stage_moved BEFORE UPDATE OF onboarding_stage ON distributor FOR EACH ROW
        WHEN (OLD.onboarding_stage IS DISTINCT FROM NEW.onboarding_stage)
        EXECUTE FUNCTION distributor_stage_moved()
        """
    )


def _history() -> None:
    op.create_table(
        "distributor_change",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "distributor_id", sa.Uuid, sa.ForeignKey("distributor.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("field", sa.String, nullable=False),
        sa.Column("old", postgresql.JSONB, nullable=True),
        sa.Column("new", postgresql.JSONB, nullable=True),
        sa.Column("note", sa.String, nullable=True),
        sa.Column("changed_by", sa.Uuid, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("distributor_change_of", "distributor_change", ["distributor_id", "changed_at", "id"])
    narrow("distributor_change")
