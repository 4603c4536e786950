"""Plans, what was used of them, failed guesses, and how much each credential called in each hour."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_PLANS = (
    ("admin", "管理员 Administrators", 6000, 1000, 1_000_000),
    ("manager", "经理 Managers", 1200, 200, 200_000),
    ("sales", "销售 Sales", 1200, 200, 100_000),
    ("service", "客服 Service", 1200, 200, 100_000),
    ("analyst", "分析 Analysts", 1200, 200, 100_000),
    ("partner", "合作伙伴 Partners", 600, 100, 50_000),
    ("partner_test", "合作伙伴测试 Partners' test keys", 120, 40, 5_000),
    ("address", "未登录地址 Addresses without a credential", 600, 200, None),
)


def upgrade() -> None:
    """Create the tables and the plans that the code stands on."""
    _plan()
    op.create_table(
        "limit_bucket",
        sa.Column("subject", sa.Uuid, primary_key=True),
        sa.Column("full_at", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index("limit_bucket_day", "limit_bucket", ["day"])
    op.create_table(
        "auth_failure",
        sa.Column("subject", sa.Uuid, primary_key=True),
        sa.Column("failed_at", postgresql.ARRAY(sa.BigInteger), nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
    )
    op.create_index("auth_failure_last", "auth_failure", ["last_at"])
    op.create_table(
        "usage_hour",
        sa.Column("credential", sa.Uuid, primary_key=True),
        sa.Column("hour", _MOMENT, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("calls", sa.BigInteger, nullable=False),
        sa.Column("client_errors", sa.BigInteger, nullable=False),
        sa.Column("server_errors", sa.BigInteger, nullable=False),
        sa.Column("limited", sa.BigInteger, nullable=False),
        sa.Column("last_at", _MOMENT),
    )
    op.create_index("usage_hour_hour", "usage_hour", ["hour"])


def _plan() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("code", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("requests_per_minute", sa.Integer, nullable=False),
        sa.Column("burst", sa.Integer, nullable=False),
        sa.Column("requests_per_day", sa.BigInteger),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.CheckConstraint("requests_per_minute > 0", name="plan_requests_per_minute"),
        sa.CheckConstraint("burst > 0", name="plan_burst"),
        sa.CheckConstraint("requests_per_day > 0", name="plan_requests_per_day"),
    )
    op.create_index("plan_created", "plan", ["created_at", "id"])
    add = sa.text(
        "INSERT INTO plan VALUES (gen_random_uuid(), :code, :name, :minute, :burst, :day, 1, now(), now())"
    )
    for code, name, minute, burst, day in _PLANS:
        op.execute(add.bindparams(code=code, name=name, minute=minute, burst=burst, day=day))
    op.execute("UPDATE api_key SET plan = 'partner' WHERE plan NOT IN (SELECT code FROM plan)")
    op.create_foreign_key("api_key_plan", "api_key", "plan", ["plan"], ["code"])
