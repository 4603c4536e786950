"""Row security by who holds a customer or whom a reminder is for; reminders follow their customer."""

from alembic import op

from shared.migrations import sight_v1
from shared.migrations.sight import follow_customers, join_customers, narrow, set_apart

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    sight_v1.upgrade()
    narrow("reminder", held=("assignee_id", "created_by"), through="customer_ref")
    narrow("inbox_item", held=("recipient_id",), through="customer_ref")
    for table in ("reminder_transition", "reminder_occurrence"):
        narrow(table, distributor=None, through="reminder", by="reminder_id")
    set_apart("reminder_source")
    op.create_index("inbox_item_of_customer", "inbox_item", ["customer_id"])
    follow_customers("reminder", "inbox_item")
    join_customers("reminder")
    _let_the_closed_follow()


def _let_the_closed_follow() -> None:
    """A closed reminder stays as it is, but for the distributor of its customer."""
    op.execute("DROP TRIGGER reminder_states ON reminder")
    op.execute(
        """
        CREATE TRIGGER reminder_states BEFORE UPDATE ON reminder FOR EACH ROW
        WHEN ((OLD.state, OLD.version) IS DISTINCT FROM (NEW.state, NEW.version))
        EXECUTE FUNCTION reminder_keeps_to_its_states()
        """
    )
