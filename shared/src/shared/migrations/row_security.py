"""Row security: what a session may see and write of a table that holds distributors' rows."""

from alembic import op

_SEEN = "current_setting('app.distributor', true)"
_IDS = f"string_to_array(NULLIF(NULLIF({_SEEN}, ''), '*'), ',')::uuid[]"
# COALESCE hides the comparison from the planner, which would take it for rare and sort instead of merge.
_RULE = f"COALESCE({_SEEN} = '*', false) OR distributor_id = ANY ({_IDS})"


def secure(*tables: str) -> None:
    """Let only rows of the scope in `app.distributor` be seen and written, by the owner, too.

    Without the setting nothing is in sight. Rows without a distributor are the company's own: only `*` sees
    them.
    """
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_of_distributor ON {table} USING ({_RULE}) WITH CHECK ({_RULE})")
