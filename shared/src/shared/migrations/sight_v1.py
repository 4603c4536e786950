"""Row security on the tables that every service has."""

from alembic import op

from shared.migrations.sight import narrow, set_apart


def upgrade() -> None:
    """Narrow the known customers, and keep letters, events and files for the service itself."""
    op.create_index("customer_ref_of_org_unit", "customer_ref", ["org_unit_id"])
    narrow("customer_ref", held=("owner_id", "org_unit_id"))
    set_apart("outbox", adding=True)
    set_apart("inbox_retry", "dead_letter", "upload", "upload_chunk")
