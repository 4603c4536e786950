"""Run by alembic: the migrations of notify-svc."""

from notify_svc.tables import Base
from shared.db.migrate import run_environment

run_environment(Base.metadata)
