"""The tables that every service has, as alembic operations called from the services' own migrations."""
