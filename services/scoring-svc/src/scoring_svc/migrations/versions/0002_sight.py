"""Row security by who holds a customer; what is known of a customer follows it to its distributor."""

from alembic import op

from shared.migrations import sight_v1
from shared.migrations.sight import follow_customers, narrow

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    sight_v1.upgrade()
    for table in ("score", "score_history", "churn_warning"):
        narrow(table, through="customer_ref")
    for table in ("order_fact", "complaint_fact", "contact_fact", "customer_due"):
        narrow(table, distributor=None, through="customer_ref")
    op.create_index("churn_warning_of_customer", "churn_warning", ["customer_id"])
    follow_customers("score", "score_history", "churn_warning")
