"""The one way to PostgreSQL: tables by SQLModel, statements by SQLAlchemy Core, run by asyncpg."""

from shared.db.database import Database
from shared.db.scope import EVERYTHING, Scope
from shared.db.sight import in_sight, sight
from shared.db.statements import Prepared, prepare
from shared.db.tx import Reader, Record, Tx

__all__ = [
    "EVERYTHING",
    "Database",
    "Prepared",
    "Reader",
    "Record",
    "Scope",
    "Tx",
    "in_sight",
    "prepare",
    "sight",
]
