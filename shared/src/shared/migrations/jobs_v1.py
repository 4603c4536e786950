"""First tables of long work and of what it needs: jobs, operations, uploads, customer references."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create `job`, `operation`, `upload`, `upload_chunk` and `customer_ref`."""
    _jobs()
    _operations()
    _uploads()
    _references()


def _jobs() -> None:
    unfinished = sa.text("state IN ('queued', 'running')")
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("args", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("run_at", _MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", _MOMENT),
        sa.Column("heartbeat_at", _MOMENT),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("dedup_key", sa.String()),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("every_seconds", sa.Integer()),
        sa.Column("operation_id", sa.Uuid()),
        sa.Column("last_error", sa.String()),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="job_state"),
    )
    op.create_index("job_dedup", "job", ["dedup_key"], unique=True, postgresql_where=unfinished)
    op.create_index("job_waiting", "job", ["run_at"], postgresql_where=sa.text("state = 'queued'"))
    op.create_index("job_leased", "job", ["lease_until"], postgresql_where=sa.text("state = 'running'"))
    op.create_index("job_finished", "job", ["finished_at"], postgresql_where=_finished())


def _operations() -> None:
    op.create_table(
        "operation",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger()),
        sa.Column("result", postgresql.JSONB()),
        sa.Column("problem", postgresql.JSONB()),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("started_at", _MOMENT),
        sa.Column("finished_at", _MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="operation_status"
        ),
    )
    op.create_index("operation_finished", "operation", ["finished_at"], postgresql_where=_finished())


def _uploads() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary()),
        sa.Column("created_at", _MOMENT, nullable=False),
    )
    op.create_index("upload_by_created", "upload", ["created_at"])
    op.create_table(
        "upload_chunk",
        sa.Column("upload_id", sa.Uuid(), sa.ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
    )
    op.execute("ALTER TABLE upload_chunk ALTER COLUMN data SET STORAGE EXTERNAL")


def _references() -> None:
    op.create_table(
        "customer_ref",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("distributor_id", sa.Uuid()),
        sa.Column("owner_id", sa.Uuid()),
        sa.Column("org_unit_id", sa.Uuid()),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("channel", sa.String()),
        sa.Column("merged_into", sa.Uuid()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
    )
    op.create_index("customer_ref_of_distributor", "customer_ref", ["distributor_id"])
    op.create_index("customer_ref_of_owner", "customer_ref", ["owner_id"])


def _finished() -> sa.TextClause:
    return sa.text("finished_at IS NOT NULL")
