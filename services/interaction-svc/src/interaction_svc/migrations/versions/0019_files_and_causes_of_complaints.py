"""Files that belong to complaints, what an edit changed, and first answers found by their time for reports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"

_STATUSES = (
    "received",
    "classified",
    "investigating",
    "waiting_customer",
    "resolving",
    "resolved",
    "informed",
    "mediation",
)
_UNRESOLVED = ("received", "classified", "investigating", "waiting_customer", "resolving", "mediation")
_MOVES = (
    ("", "open", "received"),
    ("received", "classify", "classified"),
    ("classified", "classify", "classified"),
    ("investigating", "classify", "investigating"),
    ("waiting_customer", "classify", "waiting_customer"),
    ("resolving", "classify", "resolving"),
    *((status, "assign", status) for status in _STATUSES),
    *((status, "answer", status) for status in _STATUSES),
    *(
        (status, "hear", "investigating" if status == "waiting_customer" else status)
        for status in _STATUSES
    ),
    *((status, "escalate", status) for status in _UNRESOLVED),
    ("classified", "start", "investigating"),
    ("investigating", "wait", "waiting_customer"),
    ("waiting_customer", "resume", "investigating"),
    ("investigating", "start", "resolving"),
    *((status, "resolve", "resolved") for status in _UNRESOLVED),
    ("resolved", "inform", "informed"),
    ("informed", "inform", "informed"),
    ("resolved", "close", "closed"),
    ("informed", "close", "closed"),
    ("informed", "mediate", "mediation"),
    ("closed", "mediate", "mediation"),
    ("resolved", "reopen", "investigating"),
    ("informed", "reopen", "investigating"),
    ("closed", "reopen", "investigating"),
    *((status, "merge", "merged") for status in _UNRESOLVED),
    *(("merged", "unmerge", status) for status in _UNRESOLVED),
    *((status, "edit", status) for status in (*_STATUSES, "merged", "closed")),
)


def upgrade() -> None:
    for table, column in (("complaint", "attachments"), ("complaint_step", "changes")):
        op.add_column(table, sa.Column(column, postgresql.JSONB, nullable=False, server_default="[]"))
        op.alter_column(table, column, server_default=None)
    op.drop_constraint("complaint_step_table", "complaint_step")
    table = ", ".join(f"('{source}', '{verb}', '{target}')" for source, verb, target in _MOVES)
    op.create_check_constraint(
        "complaint_step_table",
        "complaint_step",
        f"(coalesce(from_status, ''), verb, to_status) IN ({table})",
    )
    op.create_index(
        "sla_clock_of_first_answer",
        "sla_clock",
        ["started_at"],
        postgresql_include=["complaint_id", "due_at", "done_at", "paused_at"],
        postgresql_where=sa.text("metric = 'first_answer'"),
    )
