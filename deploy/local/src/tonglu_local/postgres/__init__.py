"""A PostgreSQL of our own: found, initialised, started and stopped with the process that asked for it."""

from tonglu_local.postgres.errors import PostgresError
from tonglu_local.postgres.roles import ServiceUrls
from tonglu_local.postgres.server import EmbeddedPostgres
from tonglu_local.postgres.state import default_state_dir

__all__ = ["EmbeddedPostgres", "PostgresError", "ServiceUrls", "default_state_dir"]
