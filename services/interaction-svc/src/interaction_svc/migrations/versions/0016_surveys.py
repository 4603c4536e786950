"""Questionnaires, invitations, answers, and customers who want none."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.following import follow_row
from shared.migrations.belonging import belong_to_customers
from shared.migrations.sight import narrow

revision = "0016"
down_revision = "0015"

_MOMENT = sa.DateTime(timezone=True)
_INDICATORS = "'product_quality', 'service_attitude', 'delivery_speed', 'overall'"


def upgrade() -> None:
    _surveys()
    _versions()
    _invitations()
    _opt_outs()
    _responses()
    _ratings()
    for table in ("survey_invitation", "survey_response", "survey_rating"):
        narrow(table, held=("owner_id",), through="customer_ref")
    narrow("survey_opt_out", through="customer_ref")
    belong_to_customers("survey_invitation", "survey_opt_out")
    follow_row("survey_response", "survey_invitation", "invitation_id")
    follow_row("survey_rating", "survey_response", "response_id")


def _surveys() -> None:
    op.create_table(
        "survey",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("topic", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("current_version", sa.Integer),
        sa.Column("invite_on", postgresql.ARRAY(sa.Text), nullable=False),
        sa.Column("min_days_between", sa.Integer, nullable=False),
        sa.Column("valid_days", sa.Integer, nullable=False),
        sa.Column("open_complaint", postgresql.JSONB),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("changed_by", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name="survey_status"),
    )
    op.create_index("survey_by_name", "survey", ["name", "id"])
    op.create_index("survey_by_created", "survey", ["created_at", "id"])


def _versions() -> None:
    op.create_table(
        "survey_version",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("survey_id", sa.Uuid, sa.ForeignKey("survey.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("document", postgresql.JSONB, nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("published_at", _MOMENT),
        sa.Column("created_by", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('draft', 'published')", name="survey_version_status"),
        sa.CheckConstraint(
            "(status = 'published') = (published_at IS NOT NULL)", name="survey_version_published"
        ),
        sa.UniqueConstraint("survey_id", "number", name="survey_version_number"),
    )


def _whose() -> list[sa.Column]:
    return [
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("owner_id", sa.Uuid),
        sa.Column("tier", sa.Text),
        sa.Column("channel", sa.Text),
    ]


def _invitations() -> None:
    op.create_table(
        "survey_invitation",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("survey_id", sa.Uuid, sa.ForeignKey("survey.id"), nullable=False),
        *_whose(),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("complaint_id", sa.Uuid),
        sa.Column("interaction_id", sa.Uuid),
        sa.Column("language", sa.Text),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("operation_id", sa.Uuid),
        sa.Column("token_hash", sa.LargeBinary),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("declined_at", _MOMENT),
        sa.Column("answered_at", _MOMENT),
        sa.Column("created_by", sa.Uuid),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name="survey_invitation_language"),
        sa.CheckConstraint(
            "occasion IN ('staff', 'segment', 'complaint.closed')", name="survey_invitation_occasion"
        ),
        sa.UniqueConstraint("token_hash", name="survey_invitation_token"),
    )
    for name, *columns in (
        ("survey_invitation_of_survey", "survey_id", "created_at", "id"),
        ("survey_invitation_of_customer", "customer_id", "created_at", "id"),
        ("survey_invitation_of_distributor", "distributor_id", "created_at", "id"),
        ("survey_invitation_of_owner", "owner_id", "created_at", "id"),
        ("survey_invitation_by_created", "created_at", "id"),
    ):
        op.create_index(name, "survey_invitation", columns)
    _index("survey_invitation_of_origin", "survey_invitation", ["origin_id"], "origin_id IS NOT NULL")
    _index(
        "survey_invitation_of_operation",
        "survey_invitation",
        ["operation_id", "customer_id"],
        "operation_id IS NOT NULL",
    )
    op.create_index(
        "survey_invitation_of_event",
        "survey_invitation",
        ["complaint_id", "survey_id"],
        unique=True,
        postgresql_where=sa.text("occasion = 'complaint.closed'"),
    )


def _opt_outs() -> None:
    op.create_table(
        "survey_opt_out",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("origin_id", sa.Uuid),
        sa.Column("distributor_id", sa.Uuid),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.CheckConstraint("said_by IN ('staff', 'customer')", name="survey_opt_out_said_by"),
    )
    op.create_index("survey_opt_out_of_customer", "survey_opt_out", ["customer_id"])
    _index("survey_opt_out_of_origin", "survey_opt_out", ["origin_id"], "origin_id IS NOT NULL")
    op.create_index(
        "survey_opt_out_once", "survey_opt_out", [sa.text("coalesce(origin_id, customer_id)")], unique=True
    )


def _responses() -> None:
    op.create_table(
        "survey_response",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "invitation_id",
            sa.Uuid,
            sa.ForeignKey("survey_invitation.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("survey_id", sa.Uuid, nullable=False),
        sa.Column("survey_version", sa.Integer, nullable=False),
        *_whose(),
        sa.Column("complaint_id", sa.Uuid),
        sa.Column("interaction_id", sa.Uuid),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("leaf", sa.Integer, nullable=False),
        sa.Column("answers", postgresql.JSONB, nullable=False),
        sa.Column("ratings", postgresql.JSONB, nullable=False),
        sa.Column("remarks", sa.Text),
        sa.Column("opened_complaint_id", sa.Uuid),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("answered_at", _MOMENT),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name="survey_response_language"),
        sa.UniqueConstraint("invitation_id", name="survey_response_once"),
    )
    for name, column in (
        ("survey_response_of_customer", "customer_id"),
        ("survey_response_of_distributor", "distributor_id"),
        ("survey_response_of_owner", "owner_id"),
        ("survey_response_of_survey", "survey_id"),
    ):
        op.create_index(name, "survey_response", [column, "answered_at", "id"])
    _index(
        "survey_response_by_answered", "survey_response", ["answered_at", "id"], "answered_at IS NOT NULL"
    )
    _index("survey_response_of_complaint", "survey_response", ["complaint_id"], "complaint_id IS NOT NULL")


def _ratings() -> None:
    op.create_table(
        "survey_rating",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column(
            "response_id", sa.Uuid, sa.ForeignKey("survey_response.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("survey_id", sa.Uuid, nullable=False),
        sa.Column("survey_version", sa.Integer, nullable=False),
        *_whose(),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("answered_at", _MOMENT, nullable=False),
        sa.CheckConstraint(f"indicator IN ({_INDICATORS})", name="survey_rating_indicator"),
        sa.CheckConstraint(
            "kind = 'rating' AND value BETWEEN 1 AND 5 OR kind = 'nps' AND value BETWEEN 0 AND 10",
            name="survey_rating_scale",
        ),
        sa.UniqueConstraint("response_id", "question", name="survey_rating_once"),
    )
    op.create_index("survey_rating_by_answered", "survey_rating", ["answered_at", "id"])
    op.create_index("survey_rating_of_distributor", "survey_rating", ["distributor_id", "answered_at"])
    op.create_index("survey_rating_of_owner", "survey_rating", ["owner_id", "answered_at"])


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, postgresql_where=sa.text(where))
