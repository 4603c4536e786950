"""What was recorded for a customer that was merged is kept by the one that it is now."""

from shared.migrations.merging import keep_with_root

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    keep_with_root(
        "customer_ref",
        "interaction",
        "complaint",
        "promise",
        within={"complaint_step": ("complaint", "complaint_id")},
    )
