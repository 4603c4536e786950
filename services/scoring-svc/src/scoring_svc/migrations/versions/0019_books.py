"""Orders by columns, a book each customer, and which books the log has overtaken."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sight import narrow, see_everything

revision = "0019"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "order_book",
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        sa.Column("orders", sa.LargeBinary, nullable=False),
        sa.Column("lines", sa.LargeBinary, nullable=False),
    )
    # Numbers are not worth compressing; reports of orders alone do not read lines that are kept elsewhere.
    op.execute("ALTER TABLE order_book ALTER COLUMN orders SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE order_book ALTER COLUMN lines SET STORAGE EXTERNAL")
    op.create_table(
        "order_change",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
    )
    op.create_table(
        "order_word",
        sa.Column("code", sa.BigInteger, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )
    for table in ("order_book", "order_change"):
        narrow(table, distributor=None, through="customer_ref")
    _triggers()
    see_everything()
    op.execute("INSERT INTO order_change (customer_id) SELECT DISTINCT customer_id FROM order_fact")


def _triggers() -> None:
    """Whoever writes an order or a line, and however, has the customer's book overtaken."""
    op.execute(
        "CREATE FUNCTION order_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO order_change (customer_id) SELECT DISTINCT customer_id FROM changed; "
        "RETURN NULL; END $$"
    )
    op.execute(
        "CREATE FUNCTION order_line_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO order_change (customer_id) SELECT DISTINCT f.customer_id FROM changed c "
        "JOIN order_fact f USING (order_id); RETURN NULL; END $$"
    )
    told = {"order_fact": "order_changed", "order_line_fact": "order_line_changed"}
    for table, function in told.items():
        for deed, rows in {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}.items():
            op.execute(
                f"CREATE TRIGGER {function}_by_{deed.lower()} AFTER {deed} ON {table} "
                f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
            )
