"""Waiting for the customer, the result told as a state, mediation and escalation of complaints."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sight import see_everything

revision = "0009"
down_revision = "0008"

_STATUSES = (
    "received",
    "classified",
    "investigating",
    "waiting_customer",
    "resolving",
    "resolved",
    "informed",
    "mediation",
    "closed",
)
_UNRESOLVED = ("received", "classified", "investigating", "waiting_customer", "resolving", "mediation")
_MOVES = (
    ("", "open", "received"),
    ("received", "classify", "classified"),
    ("classified", "classify", "classified"),
    ("investigating", "classify", "investigating"),
    ("waiting_customer", "classify", "waiting_customer"),
    ("resolving", "classify", "resolving"),
    *((status, "assign", status) for status in _STATUSES if status != "closed"),
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
)


def upgrade() -> None:
    op.add_column("complaint", sa.Column("sla_paused_at", sa.DateTime(timezone=True)))
    op.add_column(
        "complaint", sa.Column("sla_paused", sa.Interval, nullable=False, server_default=sa.text("'0'"))
    )
    op.add_column("complaint", sa.Column("escalation_level", sa.Integer, nullable=False, server_default="0"))
    for column in ("sla_paused", "escalation_level"):
        op.alter_column("complaint", column, server_default=None)
    _guard_the_status()
    for name in ("complaint_status", "complaint_resolved"):
        op.drop_constraint(name, "complaint")
    op.drop_constraint("complaint_step_table", "complaint_step")
    _those_that_were_told()
    table = ", ".join(f"('{source}', '{verb}', '{target}')" for source, verb, target in _MOVES)
    for name, on, rule in (
        ("complaint_status", "complaint", f"status IN {_STATUSES}"),
        (
            "complaint_resolved",
            "complaint",
            "(status IN ('resolved', 'informed', 'closed')) = (resolved_at IS NOT NULL)",
        ),
        ("complaint_told", "complaint", "status <> 'informed' OR informed_at IS NOT NULL"),
        ("complaint_paused", "complaint", "(status = 'waiting_customer') = (sla_paused_at IS NOT NULL)"),
        ("complaint_escalation", "complaint", "escalation_level BETWEEN 0 AND 3"),
        (
            "complaint_step_table",
            "complaint_step",
            f"(coalesce(from_status, ''), verb, to_status) IN ({table})",
        ),
    ):
        op.create_check_constraint(name, on, rule)


def _guard_the_status() -> None:
    pairs = ", ".join(sorted({f"('{source}', '{target}')" for source, _, target in _MOVES if source}))
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION complaint_status_moves() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.status, NEW.status) NOT IN ({pairs}) THEN
                RAISE EXCEPTION 'a complaint cannot go from % to %', OLD.status, NEW.status
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'complaint_status_moves';
            END IF;
            RETURN NEW;
        END $$
        """
    )


def _those_that_were_told() -> None:
    """Until now a case whose result was told stayed in `resolved`."""
    see_everything()
    op.execute("UPDATE complaint_step SET to_status = 'informed' WHERE verb = 'inform'")
    op.execute("UPDATE complaint SET status = 'informed' WHERE status = 'resolved' AND informed_at IS NOT NULL")
