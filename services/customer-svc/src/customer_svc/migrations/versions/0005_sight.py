"""Row security by who holds a customer, and for distributors; imports remember the whole sight of their sender."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import sight_v1
from shared.migrations.sight import narrow

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    sight_v1.upgrade()
    op.add_column("data_import", sa.Column("holder_ids", postgresql.ARRAY(sa.Uuid), nullable=True))
    narrow("distributor", distributor="id")
    narrow("customer", held=("owner_id", "org_unit_id"))
    for table in ("customer_change", "contact", "customer_identity", "sales_order"):
        narrow(table, through="customer")
    narrow("sales_order_line", distributor=None, through="sales_order", by="order_id")
    narrow("data_import", distributors="scope_ids", held=("created_by",))
    for table in ("import_fault", "import_foreseen"):
        narrow(table, distributor=None, through="data_import", by="import_id")
