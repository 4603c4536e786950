"""Row security by who holds a customer or a case; what belongs to a customer follows it to its distributor."""

from shared.migrations import sight_v1
from shared.migrations.sight import follow_customers, join_customers, narrow

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    sight_v1.upgrade()
    narrow("interaction", through="customer_ref")
    narrow("complaint", held=("owner_id",), through="customer_ref")
    narrow("interaction_edit", distributor=None, through="interaction", by="interaction_id")
    narrow("complaint_step", distributor=None, through="complaint", by="complaint_id")
    narrow("promise", held=("promised_by",), through="customer_ref")
    follow_customers("interaction", "complaint", "complaint_step", "promise")
    join_customers("interaction", "complaint", "promise")
