"""First tables of the audit; the role that serves may add rows and read them, and nobody may do more."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

_MOMENT = sa.DateTime(timezone=True)
_IDS = postgresql.ARRAY(sa.Uuid())
TABLES = ("audit_entry", "audit_block", "audit_checkpoint", "audit_anchor")

_KEEP = """
CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('tonglu.audit_retires', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'rows of the audit stay as they are';
END
$$
"""
_GUARD = """
CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()
"""
_WITHDRAW = """
DO $$
DECLARE granted record;
BEGIN
    FOR granted IN
        SELECT DISTINCT c.oid::regclass AS named, a.grantee
        FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid IN ({tables}) AND a.grantee <> c.relowner AND a.grantee <> 0
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', granted.named, granted.grantee::regrole);
        EXECUTE format('GRANT SELECT, INSERT ON %s TO %s', granted.named, granted.grantee::regrole);
    END LOOP;
END
$$
"""


def upgrade() -> None:
    """Create the four tables, and take from every other role what default privileges gave it too much."""
    _entries()
    _blocks()
    _checkpoints()
    _anchors()
    op.execute(_KEEP)
    for table in TABLES:
        op.execute(_GUARD.format(table=table))
    op.execute(_WITHDRAW.format(tables=", ".join(f"'{table}'::regclass" for table in TABLES)))


def _entries() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("subjects", _IDS, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("filters", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
    )
    op.create_index("audit_entry_of_actor", "audit_entry", ["actor_id", "id"])
    op.create_index("audit_entry_subjects", "audit_entry", ["subjects"], postgresql_using="gin")


def _blocks() -> None:
    op.create_table(
        "audit_block",
        sa.Column("first", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("ids", _IDS, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", _MOMENT, nullable=False),
    )
    op.create_index("audit_block_sealed", "audit_block", ["sealed_at"])
    # Hashes and ids cannot be compressed.
    op.execute("ALTER TABLE audit_block ALTER ids SET STORAGE EXTERNAL, ALTER hashes SET STORAGE EXTERNAL")


def _checkpoints() -> None:
    op.create_table(
        "audit_checkpoint",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("retired_at", _MOMENT, nullable=False),
    )


def _anchors() -> None:
    op.create_table(
        "audit_anchor",
        sa.Column("service", sa.Text(), primary_key=True),
        sa.Column("turn", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
    )
