"""Runs this service's migrations."""

from interaction_svc.tables import Base
from shared.db.migrate import run_environment

run_environment(Base.metadata)
