"""Run by alembic: the migrations of scoring-svc."""

from scoring_svc.tables import Base
from shared.db.migrate import run_environment

run_environment(Base.metadata)
